/**
 * The systemd user unit that keeps a node running, as text. Pure. The unit hands its cgroup over (`Delegate=yes`), so
 * that each run of an agent can be held together and ended by the kernel.
 */
export interface UnitInput {
	/** The Node.js binary and the launcher, absolute. */
	readonly command: readonly string[];
	/** What the node needs of the environment; a user manager knows little of it. */
	readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Only what finds programs, folders, ports and the engine, none of it secret: a unit file is no place for secrets. */
const passed = [
	...['PATH', 'GANGLINE_HOME', 'GANGLINE_PORT', 'GANGLINE_NAME', 'GANGLINE_SLOTS', 'XDG_STATE_HOME', 'LANG'],
	...['CLAUDE_CONFIG_DIR', 'CODEX_HOME', 'GANGLINE_LOG'],
	// Of the gateway, which the service starts too.
	...['GANGLINE_GATEWAY_NAME', 'GANGLINE_GATEWAY_PORT', 'GANGLINE_MESH_PORT', 'GANGLINE_BUILDS_PORT'],
	...['DOCKER_HOST', 'GANGLINE_PROVISIONER', 'GANGLINE_SWARM_CONSTRAINT', 'GANGLINE_BASE_IMAGE'],
	'GANGLINE_HOST_PORTS',
];

/** The text of `gangline.service`. */
export function renderUnit({ command, environment }: UnitInput): string {
	const variables = passed.flatMap((name) => {
		const value = environment[name];
		return value === undefined || value === '' ? [] : [`Environment=${quoted(`${name}=${value}`)}`];
	});
	return [
		'# Written by `gangline service install`; `gangline service uninstall` removes it.',
		'[Unit]',
		'Description=Gangline: agents work on your projects',
		'Documentation=man:systemd.service(5)',
		'StartLimitIntervalSec=300',
		'StartLimitBurst=5',
		'',
		'[Service]',
		`ExecStart=${[...command, 'start', '--foreground'].map((word) => quoted(word.replaceAll('$', '$$$$'))).join(' ')}`,
		...variables,
		'Restart=on-failure',
		'RestartSec=5',
		'# The node ends its runs itself; what is left after that is ended with it.',
		'KillMode=mixed',
		'TimeoutStopSec=90',
		'Delegate=yes',
		'UMask=0077',
		'',
		'[Install]',
		'WantedBy=default.target',
		'',
	].join('\n');
}

/** systemd reads quotes and backslashes much as C does, and takes `%` for a specifier. */
function quoted(word: string): string {
	const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('\n', '\\n');
	return `"${escaped}"`;
}
