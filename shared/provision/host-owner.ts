/** As whom containers run: the user of this process, by number, under a name that any system takes. */
import type { HostOwner } from './container-plan.ts';

export function hostOwner(userName: string): HostOwner {
	const name = userName.toLowerCase().replace(/[^a-z0-9_-]/g, '-');
	return {
		name: /^[a-z_]/.test(name) ? name.slice(0, 32) : `_${name}`.slice(0, 32),
		uid: process.getuid?.() ?? 0,
		gid: process.getgid?.() ?? 0,
	};
}
