/**
 * What the person at this machine is called where nobody said otherwise. A number of the user alone is enough to run: in
 * a container started with `--user 1234` there is no account behind it, and the system answers with an error.
 */
import { userInfo } from 'node:os';

/** `USER`, else the account's name, else `user-` and the user's number. `account` asks the system and may throw. */
export function personName(
	env: Readonly<Record<string, string | undefined>>,
	account: () => { readonly username: string } = userInfo,
): string {
	if (env.USER) return env.USER;
	try {
		return account().username;
	} catch {
		return `user-${process.getuid?.() ?? 0}`;
	}
}
