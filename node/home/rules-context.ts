/**
 * What the pure rules cannot know: whether an approval is for the change that would land. Looked up in git before a
 * fold, so that the fold itself waits for nothing.
 */
import type { CanonicalRepository } from '../../shared/git/index.ts';
import { type Intent, type ProjectFacts, type ProjectRulesContext, tableOf } from '../../shared/pipeline/index.ts';
import { parseCommitId } from '../../shared/ports/index.ts';

/** The context of one fold of `intents` over `facts`. */
export async function rulesContext(
	repository: CanonicalRepository,
	facts: ProjectFacts,
	intents: readonly Intent[],
): Promise<ProjectRulesContext> {
	const same = new Map<string, boolean>();
	const ask = async (
		shown: { branch: string; mergeBase: string },
		result: { commit: string; base: string },
	): Promise<void> => {
		const name = `${shown.mergeBase} ${shown.branch} ${result.commit}`;
		same.set(name, shown.branch === result.commit || (await samePatch(repository, shown, result)));
	};
	for (const { item: key, event, args = {} } of intents) {
		const item = tableOf(facts).get(key);
		const { branch, mergeBase, commit, base } = args as Record<string, unknown>;
		if (typeof branch === 'string' && typeof mergeBase === 'string' && item?.result)
			await ask({ branch, mergeBase }, item.result);
		if (event === 'result' && item?.approval && typeof commit === 'string' && typeof base === 'string') {
			await ask(item.approval, { commit, base });
		}
	}
	return {
		diffIsAsShown: (item, shown) => same.get(`${shown.mergeBase} ${shown.branch} ${item.result?.commit}`) ?? false,
	};
}

async function samePatch(
	repository: CanonicalRepository,
	shown: { branch: string; mergeBase: string },
	result: { commit: string; base: string },
): Promise<boolean> {
	try {
		const before = await repository.patchId(parseCommitId(shown.mergeBase), parseCommitId(shown.branch));
		return before === (await repository.patchId(parseCommitId(result.base), parseCommitId(result.commit)));
	} catch {
		// A commit that is not here was never shown by us.
		return false;
	}
}
