/**
 * A change of the project's settings as an item: what somebody wrote is read as main's file is read, and what differs
 * becomes a patch that a script applies. So it goes the way of every change: gates of main as it is, and, because it is
 * below `.gangline`, a person who looks. Nothing here writes to main [I9].
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type CanonicalRepository, textPatch } from '../../shared/git/index.ts';
import { type Args, descriptionBytesMax } from '../../shared/operations/index.ts';
import { ganglineError } from '../../shared/ports/index.ts';
import { type ProjectConfig, parseProjectConfig, projectConfigPath } from '../../shared/project/index.ts';

const fileBytesMax = 256 * 1024;
/** So many keys are named in the item's title. */
const namedMax = 3;

export interface SettingsFile {
	readonly text: string;
	/** Names this very text: a change that was written over another one is refused. */
	readonly version: string;
}

/** The file as main has it now. @throws GanglineError INVALID_CONFIG where main has none */
export async function settingsFile(repository: CanonicalRepository): Promise<SettingsFile> {
	const main = await repository.main();
	const bytes = main === null ? null : await repository.file(main, projectConfigPath, fileBytesMax);
	if (bytes === null) {
		throw ganglineError('INVALID_CONFIG', `main has no ${projectConfigPath}`, {
			hint: 'put the file back in a checkout and commit it',
		});
	}
	const text = Buffer.from(bytes).toString();
	return { text, version: createHash('sha256').update(text).digest('hex') };
}

type ItemFields = Pick<Args<'item.add'>, 'title' | 'description'>;

/** What the item is to say. @throws GanglineError INVALID_CONFIG by line, REFUSED, TOO_LARGE */
export async function settingsChange(
	repository: CanonicalRepository,
	wanted: { readonly text: string; readonly version: string },
): Promise<ItemFields & { readonly patch: string }> {
	const { text: before, version } = await settingsFile(repository);
	if (wanted.version !== version) {
		throw ganglineError('REFUSED', `${projectConfigPath} has changed on main since it was read`, {
			hint: 'read it again, and make the change to what is there now',
		});
	}
	const after = wanted.text.endsWith('\n') ? wanted.text : `${wanted.text}\n`;
	const [old, now] = [parseProjectConfig(before), parseProjectConfig(after)];
	for (const key of ['id', 'branch'] as const) refuseOther(key, old, now);
	const patch = await textPatch(repository, { path: projectConfigPath, before, after });
	if (patch === '')
		throw ganglineError('REFUSED', `${projectConfigPath} says this already: there is nothing to change`);
	const description = describe(patch);
	if (Buffer.byteLength(description) > descriptionBytesMax) {
		throw ganglineError(
			'TOO_LARGE',
			`the change is larger than the ${descriptionBytesMax} bytes that an item can say`,
			{
				hint: `make it in smaller steps, or edit ${projectConfigPath} in a checkout and commit it`,
			},
		);
	}
	return { title: titleOf(changedKeys(old, now)), description, patch };
}

function refuseOther(key: 'id' | 'branch', old: ProjectConfig, now: ProjectConfig): void {
	if (old[key] === now[key]) return;
	throw ganglineError('REFUSED', `${key} is ${JSON.stringify(now[key])}; it stays ${JSON.stringify(old[key])}`, {
		hint: key === 'id' ? 'the id names the project on every machine' : 'what has landed is on that branch',
	});
}

/** No line of a patch begins with a backtick or with the word that ends it. */
function describe(patch: string): string {
	return `Changes ${projectConfigPath} by this patch. It counts once it is on main.\n\n\`\`\`sh\ngit apply - <<'END_OF_PATCH'\n${patch}END_OF_PATCH\n\`\`\`\n`;
}

function titleOf(keys: readonly string[]): string {
	if (keys.length === 0) return 'Change the words of the settings file';
	const more = keys.length > namedMax ? ` and ${keys.length - namedMax} more` : '';
	return `Change settings: ${keys.slice(0, namedMax).join(', ')}${more}`.slice(0, 200);
}

/** `review.mode`, `gate test`: what is read differently. */
function changedKeys(old: ProjectConfig, now: ProjectConfig): readonly string[] {
	const sections = Object.keys(now) as (keyof ProjectConfig)[];
	return sections.flatMap((section) => {
		const [was, is] = [entriesOf(section, old[section]), entriesOf(section, now[section])];
		const names = [...new Set([...was.keys(), ...is.keys()])];
		return names.filter((name) => !isDeepStrictEqual(was.get(name), is.get(name)));
	});
}

function entriesOf(section: string, value: unknown): ReadonlyMap<string, unknown> {
	if (Array.isArray(value)) return new Map(value.map((one: { name: string }) => [`${section} ${one.name}`, one]));
	if (typeof value !== 'object' || value === null) return new Map([[section, value]]);
	return new Map(Object.entries(value).map(([key, inner]) => [`${section}.${key}`, inner]));
}
