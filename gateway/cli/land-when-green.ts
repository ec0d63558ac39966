/**
 * From "a person approves each change" to "what is green lands": one line of the project file, committed by itself in the
 * person's checkout. Done before the approval it comes with, so that the landing finds the commit on main already and
 * the checkout never goes another way than main.
 */
import { commitEdit } from '../../shared/git/index.ts';
import { GanglineError, ganglineError } from '../../shared/ports/errors.ts';
import { projectConfigPath, setReviewMode } from '../../shared/project/index.ts';
import type { Session } from './session.ts';
import { orUnknown, shortCommit } from './words.ts';

/** Whether an approval is the moment to offer it: nothing has landed yet, a person approves, and one is there to ask. */
export async function mayOfferLandWhenGreen(session: Session): Promise<boolean> {
	if (!session.mayAsk || session.options.yes || (await session.project()).review !== 'human') return false;
	const { counts } = await session.ask('project.status', {});
	return (counts.done ?? 0) === 0;
}

/** @throws GanglineError REFUSED with what to change by hand; nothing is changed then. */
export async function landWhenGreen(session: Session): Promise<void> {
	const project = await session.project();
	if (project.review === 'server') {
		session.out.message(`what is green lands in ${project.name} already`);
		return;
	}
	try {
		const commit = await commitServerReview(session);
		session.out.message(`committed review.mode = "server" as ${shortCommit(commit)}: from now on what is green lands`);
	} catch (error) {
		if (!(error instanceof GanglineError)) throw error;
		const hint = `write mode = "server" below [review] in ${projectConfigPath} and commit it to ${project.branch}`;
		throw ganglineError('REFUSED', `${projectConfigPath} was not changed`, { hint, cause: error });
	}
}

async function commitServerReview(session: Session): Promise<string> {
	const project = await session.project();
	const { distance, queue } = await session.ask('project.status', {});
	if (project.landing !== 'local') {
		throw ganglineError(
			'REFUSED',
			`main follows a remote here (landing.mode is ${orUnknown(project.landing)}), so push the change`,
		);
	}
	// While something lands main would move below the new commit, and the checkout would be left behind.
	if (distance.canonical === null || queue.length > 0) throw ganglineError('REFUSED', 'something is landing just now');
	return commitEdit({
		folder: project.path,
		environment: session.context.env,
		path: projectConfigPath,
		branch: project.branch,
		head: distance.canonical,
		edit: (before) => setReviewMode(before, 'server'),
		message: 'Let what is green land without a person\n\nEach change still passes every gate on main as it is.',
	});
}
