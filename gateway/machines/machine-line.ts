/** Asks a member with the duty `provision`; whatever is wrong with it or the way to it is said in words that name it. */
import type { z } from 'zod';
import type { Mesh } from '../../shared/mesh/index.ts';
import type { RpcMethod } from '../../shared/mesh/rpc.ts';
import { GanglineError, ganglineError, type NodeId } from '../../shared/ports/index.ts';
import { findNode, type MeshNode, memberOf } from '../../shared/registry/index.ts';

/** Asking a container to end takes half a minute, and an engine may be busy. */
const answerMsMax = 120_000;

export class MachineLine {
	readonly #mesh: Pick<Mesh, 'rpc' | 'facts' | 'network'>;

	constructor(mesh: Pick<Mesh, 'rpc' | 'facts' | 'network'>) {
		this.#mesh = mesh;
	}

	/** The member that a person names. @throws GanglineError UNKNOWN_NODE, REFUSED where it has not the duty */
	named(ref: string): MeshNode {
		const facts = this.#mesh.facts();
		const found = findNode(facts, ref);
		const member = found && memberOf(facts, found.id);
		if (member === undefined) {
			throw ganglineError('UNKNOWN_NODE', `no member of the mesh is called ${JSON.stringify(ref)}`, {
				hint: 'gangline nodes',
			});
		}
		if (mayProvision(member)) return member;
		throw ganglineError('REFUSED', `${member.name} joined without the duty \`provision\`: nothing is made there`, {
			hint: 'the duty comes with a token and is taken by the machine: gangline token new --provision',
		});
	}

	/** Whether the registry lets us ask it. */
	isMember(node: NodeId): boolean {
		const member = memberOf(this.#mesh.facts(), node);
		return member !== undefined && mayProvision(member);
	}

	nameOf(node: NodeId): string {
		return this.#mesh.facts().nodes[node]?.name ?? node;
	}

	isLinked(node: string): boolean {
		return this.#mesh.network.links().some((peer) => peer.node === node);
	}

	/** Those that may be asked and are connected. */
	linked(): readonly NodeId[] {
		return this.#mesh.network.links().flatMap(({ node }) => (this.isMember(node) ? [node] : []));
	}

	/** @throws GanglineError PEER_GONE */
	requireLinked(node: NodeId): void {
		if (!this.isLinked(node)) throw this.#away(node);
	}

	/** @throws GanglineError PEER_GONE, PEER_UNREACHABLE, or what it answers */
	async ask<Args extends z.ZodType, Result extends z.ZodType>(
		node: NodeId,
		method: RpcMethod<Args, Result>,
		args: z.input<Args>,
		timeoutMs = answerMsMax,
	): Promise<z.output<Result>> {
		this.requireLinked(node);
		try {
			return await this.#mesh.rpc.ask(node, method, args, { timeoutMs });
		} catch (error) {
			if (error instanceof GanglineError && error.code === 'PEER_GONE') throw this.#away(node, error);
			throw error;
		}
	}

	#away(node: NodeId, cause?: GanglineError): GanglineError {
		return ganglineError('PEER_GONE', `the machine ${this.nameOf(node)} is not connected`, {
			hint: 'gangline nodes shows when it is back; what runs there goes on, and asking again then does no harm',
			...(cause === undefined ? {} : { cause }),
		});
	}
}

const mayProvision = ({ duties }: MeshNode): boolean => duties.includes('provision');

/** Whether asking the same again can never do better. */
export function isFinal(error: unknown): boolean {
	return !(error instanceof GanglineError) || error.disposition !== 'retry';
}
