/** Where projects begin: the first commit of each, and the checkouts that people of some machines have of it. */

import { encodeCommit } from '../../../shared/git/landing-commit.ts';
import type { CommitId } from '../../../shared/ports/index.ts';
import { SimObjects, type SimRandom } from '../../../shared/ports/sim/index.ts';
import { type ProjectConfig, parseProjectConfig, projectConfigPath } from '../../../shared/project/index.ts';
import { sharedPath } from './agents.ts';
import { copyCommit } from './repositories.ts';

export interface Origin {
	readonly id: string;
	readonly name: string;
	/** The machine that is its first home. */
	readonly home: string;
	readonly config: ProjectConfig;
	readonly objects: SimObjects;
	/** What people have of main. */
	main: CommitId;
	/** What all grants together may cost until an owner raises it; null: as much as they want. */
	budgetUsd: number | null;
}

export interface PlannedProject {
	readonly id: string;
	readonly name: string;
	readonly home: string;
	readonly review: 'server' | 'human';
	readonly lostAfterSeconds: number;
	readonly budgetUsd: number | null;
	/** Machines with a checkout. */
	readonly checkouts: readonly string[];
}

const person = { name: 'Ada', email: 'ada@example.org' };
const nobody = { sign: () => new Uint8Array(64), verify: () => false };

export class Origins {
	readonly #origins = new Map<string, Origin>();
	readonly #checkouts = new Map<string, string[]>();

	async add({ home, checkouts, ...planned }: PlannedProject): Promise<void> {
		const { id, name, budgetUsd } = planned;
		const toml = configText(planned);
		const config = parseProjectConfig(toml, { path: projectConfigPath });
		const objects = new SimObjects();
		const files = new Map([
			[projectConfigPath, objects.putFile(Buffer.from(toml))],
			[sharedPath, objects.putFile(Buffer.from('shared\n'))],
		]);
		const tree = objects.putTree(files);
		const about = { message: 'Begin', author: person, committer: person, atMs: 1_750_000_000_000 };
		const main = objects.putCommit(await encodeCommit({ tree, parents: [], ...about }, nobody));
		this.#origins.set(id, { id, name, home, config, objects, main, budgetUsd });
		for (const machine of checkouts) {
			this.#checkouts.set(machine, [...(this.#checkouts.get(machine) ?? []), `${machine}/checkout/${id}`]);
		}
	}

	all(): readonly Origin[] {
		return [...this.#origins.values()];
	}

	project(id: string): Origin {
		const origin = this.#origins.get(id);
		if (!origin) throw new RangeError(`no project ${id}`);
		return origin;
	}

	checkoutsOf(machine: string): readonly string[] {
		return this.#checkouts.get(machine) ?? [];
	}

	/** People fetch now and then: what they have is what a lost home leaves. */
	fetched(id: string, from: SimObjects, main: CommitId, random: SimRandom): void {
		if (random.below(3) === 0) return;
		const origin = this.project(id);
		copyCommit(from, origin.objects, main);
		origin.main = main;
	}
}

/** What a grant is promised where there is a budget, USD. */
const grantUsd = 3;

function configText(planned: Omit<PlannedProject, 'home' | 'checkouts'>): string {
	const { id, name, review, lostAfterSeconds, budgetUsd } = planned;
	const budget = budgetUsd === null ? '' : `\n[budget]\nproject_usd = ${budgetUsd}\ngrant_usd = ${grantUsd}\n`;
	return `id = "${id}"
name = "${name}"
branch = "main"

[review]
mode = "${review}"

[work]
lost_after_seconds = ${lostAfterSeconds}
${budget}
[[gate]]
name = "check"
command = "true"

[[agent]]
name = "coder"
runtime = "claude-code"

[[agent]]
name = "merger"
role = "mergemaster"
runtime = "claude-code"

[[agent]]
name = "judge"
role = "qa"
runtime = "claude-code"
`;
}
