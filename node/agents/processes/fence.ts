/**
 * A confinement without namespaces: what the kernel's Landlock lets a run reach, as a list of grants. Landlock knows no
 * "all but this", so whatever lies beside a hidden folder is granted by its name, from the root down. What is made beside
 * one of those folders later stays out of reach, names of hidden files can still be seen, and a run in a fence can read
 * neither variables nor memory of processes outside: not those of the node, nor of an agent.
 */
import { join } from 'node:path';
import type { Confinement } from '../../../shared/ports/index.ts';

export interface Grant {
	readonly access: 'read' | 'write';
	readonly path: string;
}

/** Names in a folder, but for links: what they lead to is granted where it is. */
export type NamesIn = (folder: string) => readonly string[];

/** More than a machine's folders need; a command line has an end. */
export const grantsMax = 2_000;

type Access = 'none' | 'read' | 'write';
const rank: Readonly<Record<Access, number>> = { none: 0, read: 1, write: 2 };

/** The paths are absolute and have no symbolic links in them. Null: they would be more than a command line takes. */
export function planFence(confinement: Confinement, namesIn: NamesIn): readonly Grant[] | null {
	const said = new Map<string, Access>();
	for (const path of confinement.hidden) said.set(path, 'none');
	for (const path of confinement.readOnly) said.set(path, 'read');
	for (const path of confinement.writable) said.set(path, 'write');
	const below = (folder: string): readonly Access[] =>
		[...said].filter(([path]) => path !== folder && isInside(path, folder)).map(([, access]) => access);
	const grants: Grant[] = [];
	const grant = (path: string, around: Access): void => {
		if (grants.length > grantsMax) return;
		const access = said.get(path) ?? around;
		const inner = below(path);
		const isLess = inner.some((one) => rank[one] < rank[access]);
		// A grant holds for all that lies below, so one is given only where nothing there is to have less.
		const here = isLess ? leastOf(inner) : access;
		if (here !== 'none') grants.push({ access: here, path });
		if (inner.length === 0) return;
		const names = isLess ? namesIn(path) : namesToward(path, [...said.keys()]);
		for (const name of names) grant(join(path, name), access);
	};
	grant('/', 'write');
	return grants.length > grantsMax ? null : dense(grants);
}

function leastOf(all: readonly Access[]): Access {
	return all.reduce((least, one) => (rank[one] < rank[least] ? one : least), 'write' as Access);
}

/** Without those that say no more than one around them. */
function dense(grants: readonly Grant[]): readonly Grant[] {
	return grants.filter(
		({ access, path }) =>
			!grants.some((other) => other.path !== path && isInside(path, other.path) && rank[other.access] >= rank[access]),
	);
}

function namesToward(folder: string, paths: readonly string[]): readonly string[] {
	const start = folder === '/' ? '/' : `${folder}/`;
	const names = paths.filter((path) => path.startsWith(start) && path !== folder);
	return [...new Set(names.map((path) => path.slice(start.length).split('/')[0] ?? ''))];
}

function isInside(path: string, folder: string): boolean {
	return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/**
 * Puts itself into the fence and becomes the program: `CALL write PATH … -- PROGRAM …`. CALL is the number of prctl. Of
 * what Landlock knows, all but listing folders and sending commands to devices is fenced, so that what a newer kernel
 * knows besides stays as it was. Links to another folder (REFER) are forbidden by any fence unless it grants them. From
 * Linux 6.12 on (the sixth Landlock) signals and sockets without a file end at the fence too.
 */
export const fencer = `use Fcntl;
my $call = 0 + shift @ARGV;
my ($execute, $write, $read, $list, $truncate) = (1, 2, 4, 8, 1 << 14);
my $abi = syscall(444, 0, 0, 1);
$abi >= 2 or die "the kernel has no Landlock, or one that is too old\\n";
my $all = ((1 << 15) - 1) & ~$list;
$all &= ~$truncate if $abi < 3;
my %may = (write => $all, read => $execute | $read);
my $rules = $abi < 6 ? pack('Q', $all) : pack('QQQ', $all, 0, 3);
my $set = syscall(444, $rules, length $rules, 0);
$set >= 0 or die "no fence: $!\\n";
while (defined(my $access = shift @ARGV)) {
	last if $access eq '--';
	my $path = shift @ARGV;
	sysopen(my $at, $path, 010000000 | O_NOFOLLOW) or next;
	my $kind = (stat $at)[2] & 0170000;
	next if $kind == 0120000;
	my $bits = $may{$access} & $all;
	$bits &= $execute | $write | $read | $truncate if $kind != 0040000;
	my $rule = pack('Ql', $bits, fileno $at);
	syscall(445, $set, 1, $rule, 0) == 0 or die "no fence around $path: $!\\n";
}
syscall($call, 38, 1, 0, 0, 0) == 0 or die "no fence: $!\\n";
syscall(446, $set, 0) == 0 or die "no fence: $!\\n";
exec { $ARGV[0] } @ARGV or exit 127;`;
