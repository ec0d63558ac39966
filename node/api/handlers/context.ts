/** What the handlers stand on. */
import type { Environment } from '../../../shared/git/index.ts';
import type { NodeStatus, ProjectRef, Result } from '../../../shared/operations/index.ts';
import type { Clock, Random, Store } from '../../../shared/ports/index.ts';
import type { PresentPerson } from '../../../shared/protocol/people.ts';
import type { Project } from '../../home/project.ts';
import type { NodeSecrets } from '../../secret-file.ts';

export interface HandlerContext {
	readonly store: Store;
	readonly secrets: Pick<NodeSecrets, 'set' | 'list' | 'delete'>;
	readonly clock: Clock;
	readonly random: Random;
	/** This node's id. */
	readonly node: string;
	/** In which git is called for people. */
	readonly environment: Environment;
	/** Items that may be worked on at once. */
	slots(): { readonly free: number; readonly total: number };
	projects(): readonly Project[];
	/** @throws GanglineError UNKNOWN_PROJECT */
	project(ref: ProjectRef): Project;
	addProject(path: string): Promise<{ readonly project: Project; readonly added: boolean }>;
	/** Who has something of a project open now. */
	people(project: string): readonly PresentPerson[];
	/** What runs here for projects whose home is elsewhere. */
	runsForOthers(): NodeStatus['runs'];
	/** What this process is; the lists are filled in by the handler. */
	about(): Omit<NodeStatus, 'slots' | 'projects' | 'runs'>;
	/** @throws GanglineError INVALID_ARGUMENT, STORE_FAILED, GIT_FAILED */
	backup(path: string): Promise<Result<'node.backup'>>;
	/** Begins to stop the node, after the answer was sent. */
	stop(): void;
}
