/**
 * Where everything of one person's Gangline on one machine lies: the node writes it, the command line finds the node
 * through it. Pure: takes the environment, returns paths; the folder itself is made 0700 by whoever writes first.
 * The folder is named by GANGLINE_HOME, otherwise by the XDG rules for state.
 */
import { ganglineError } from '../ports/errors.ts';

export interface StateFolder {
	readonly root: string;
	/** The node's own store: logs, documents, records. */
	readonly store: string;
	/** The node's private key, 0600. */
	readonly identity: string;
	/** Address and token of the running node, 0600; gone while none runs. */
	readonly api: string;
	readonly log: string;
	/** Compiled code of this program, 0700: a matter of speed, may be removed at any time. */
	readonly compiled: string;
	/** What each person was last shown, 0600: what an approval is bound to. */
	readonly shown: string;
	/** Membership of this node, 0600: mesh, key and addresses of its gateway; not there while it belongs to none. */
	readonly mesh: string;
	/** What people gave this node for agents and gates, 0600. */
	readonly secrets: string;
	/** Logins of agents' programs by name, 0700: see agent-logins.ts. */
	readonly logins: string;
	/** Until when accounts of agents are limited, 0700: of the person, for all nodes whatever their GANGLINE_HOME. */
	readonly accountLimits: string;
	/** A folder for each project in a container that this node makes for the gateway of its mesh. */
	readonly containers: string;
	/** Of the gateway, where this machine has (or had) one: that the folder is there says so. */
	readonly gateway: GatewayFolder;
	/** Canonical repository, clones and gate checkouts of one project. */
	project(id: string): string;
}

/** The gateway is a process and a member of its own beside the node of the same person. */
export interface GatewayFolder {
	readonly root: string;
	readonly store: string;
	readonly identity: string;
	/** Address and token of the running gateway, 0600; gone while none runs. */
	readonly api: string;
	readonly log: string;
	/** Where it listens for other machines, kept over restarts. */
	readonly listen: string;
	/** What machines that join fetch, by content hash. */
	readonly builds: string;
	/** A folder for each project in a container. */
	readonly containers: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The state folder that `env` names. Relative paths are refused: they would mean another folder in each working directory. */
export function stateFolder(env: Environment): StateFolder {
	const root = rootOf(env);
	return {
		root,
		store: `${root}/store`,
		identity: `${root}/identity.key`,
		api: `${root}/api.json`,
		log: `${root}/node.log`,
		compiled: `${root}/compiled`,
		shown: `${root}/shown.json`,
		mesh: `${root}/mesh.json`,
		secrets: `${root}/secrets.json`,
		logins: `${root}/logins`,
		accountLimits: `${ofPerson(env) ?? root}/account-limits`,
		containers: `${root}/containers`,
		gateway: gatewayFolder(`${root}/gateway`),
		project: (id) => `${root}/projects/${id}`,
	};
}

function gatewayFolder(root: string): GatewayFolder {
	return {
		root,
		store: `${root}/store`,
		identity: `${root}/identity.key`,
		api: `${root}/api.json`,
		log: `${root}/gateway.log`,
		listen: `${root}/listen.json`,
		builds: `${root}/builds`,
		containers: `${root}/containers`,
	};
}

function rootOf(env: Environment): string {
	const own = env.GANGLINE_HOME;
	if (own) return absolute('GANGLINE_HOME', own);
	const found = ofPerson(env);
	if (found !== null) return found;
	throw ganglineError('INVALID_CONFIG', 'no state folder: neither GANGLINE_HOME, XDG_STATE_HOME nor HOME is set', {
		hint: 'set GANGLINE_HOME to an absolute path',
	});
}

/** Null where the environment names no home. */
function ofPerson({ XDG_STATE_HOME: xdg, HOME: home }: Environment): string | null {
	// The XDG specification says to ignore relative paths.
	if (xdg?.startsWith('/')) return `${withoutSlash(xdg)}/gangline`;
	return home ? `${absolute('HOME', home)}/.local/state/gangline` : null;
}

function absolute(name: string, path: string): string {
	if (path.startsWith('/')) return withoutSlash(path);
	throw ganglineError('INVALID_CONFIG', `${name} is ${JSON.stringify(path.slice(0, 200))}: expected an absolute path`, {
		hint: `set ${name} to a path that begins with /`,
	});
}

function withoutSlash(path: string): string {
	return path.length > 1 ? path.replace(/\/+$/, '') : path;
}
