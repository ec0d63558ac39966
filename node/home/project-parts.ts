/** What one project on a node is put together from, and what the node remembers of it. Types only; compose.ts makes them. */
import type { CanonicalRepository } from '../../shared/git/index.ts';
import type { Clock, Log } from '../../shared/ports/index.ts';
import type { Previews } from '../worker/index.ts';
import type { BranchSync } from './branch-sync.ts';
import type { ConfigAtMain } from './config-at-main.ts';
import type { HomeExchange } from './exchange.ts';
import type { Home } from './home.ts';
import type { LandingQueue } from './landing-queue.ts';
import type { ProjectWorker } from './project-worker.ts';
import type { Qualification } from './qualification.ts';
import type { RunBook } from './run-book.ts';
import type { Segments } from './segments.ts';
import type { Talks } from './talks.ts';
import type { WorkLoop } from './work-loop.ts';
import type { WorkerDesk } from './worker-desk.ts';

/** What the node remembers of a project; kept in its store under `project/<id>`. */
export interface ProjectRecord {
	readonly id: string;
	readonly name: string;
	/** The person's checkout. */
	readonly path: string;
	readonly branch: string;
	readonly paused: boolean;
}

export interface ProjectParts {
	readonly record: ProjectRecord;
	readonly nodeName: string;
	readonly home: Home;
	readonly exchange: HomeExchange;
	readonly segments: Segments;
	/** What people call a node. */
	readonly nameOf: (node: string) => string;
	readonly repository: CanonicalRepository;
	readonly queue: LandingQueue;
	readonly work: WorkLoop;
	readonly worker: ProjectWorker;
	/** As workers of other nodes speak to it. */
	readonly desk: WorkerDesk;
	readonly runs: RunBook;
	readonly talks: Talks;
	readonly previews: Pick<Previews, 'start' | 'show' | 'stop' | 'tidy' | 'stopAll'>;
	/** Ends gates that judge main or a landing, verified when it resolves. */
	readonly endGates: () => Promise<void>;
	readonly config: ConfigAtMain;
	readonly qualification: Qualification;
	readonly branches: BranchSync;
	/** What an item that lands by pull request waits for. */
	readonly proposal: (key: string) => string | null;
	readonly clock: Clock;
	readonly log: Log;
	readonly saveRecord: (record: ProjectRecord) => Promise<void>;
	readonly onChange: (change: ProjectChange) => void;
}

export type ProjectChange =
	| { readonly kind: 'items'; readonly keys: readonly string[]; readonly why: string }
	| { readonly kind: 'project' };
