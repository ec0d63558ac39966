/** The kernel's list of mounts as data: where what kind of file system is mounted. */
export interface Mount {
	readonly point: string;
	readonly type: string;
}

/** Parses /proc/self/mountinfo: the fifth field is the mount point, the first one after ` - ` the type. */
export function parseMounts(mountinfo: string): readonly Mount[] {
	return mountinfo.split('\n').flatMap((line) => {
		const [before, after] = line.split(' - ');
		const point = before?.split(' ')[4];
		const type = after?.split(' ')[0];
		return point === undefined || type === undefined ? [] : [{ point: unescapeOctal(point), type }];
	});
}

/** The type of the mount that a path lies on: the longest mount point above it, the last of equal ones. */
export function fileSystemOf(path: string, mounts: readonly Mount[]): string | null {
	let best: Mount | null = null;
	for (const mount of mounts) {
		const isAbove = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`);
		if (isAbove && mount.point.length >= (best?.point.length ?? 0)) best = mount;
	}
	return best?.type ?? null;
}

function unescapeOctal(text: string): string {
	return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
