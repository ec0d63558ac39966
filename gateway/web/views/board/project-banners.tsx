/** What is out of the ordinary with a project: its home is away, it is paused or in trouble, work waits and nothing runs. */
import { memo, type ReactNode } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import type { ProjectBoard } from '../../model/board-state.ts';
import { count, moment, plainWords } from '../../model/words.ts';
import { asError, useApp, useMay } from '../../ui/app.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';

interface BannersProps {
	readonly boards: readonly ProjectBoard[];
}

/** Every item is looked at: only anew where one changed, not where a card is dragged. */
export const ProjectBanners = memo(({ boards }: BannersProps) => {
	const said = boards.flatMap((board) => bannersOf(board, boards.length > 1).map((banner) => ({ board, banner })));
	if (said.length === 0) return null;
	return (
		<div className="banners" style={{ padding: '0 20px 10px', display: 'grid', gap: 6 }}>
			{said.slice(0, 4).map(({ board, banner }) => (
				<div key={`${board.project.id} ${banner.key}`} className="banner" data-tone={banner.tone}>
					<Icon name={banner.icon} />
					<div className="words">{banner.words}</div>
					{banner.does && <Does board={board} does={banner.does} />}
				</div>
			))}
		</div>
	);
});

interface Banner {
	readonly key: string;
	readonly tone: 'needs' | 'failed' | 'idle';
	readonly icon: IconName;
	readonly words: ReactNode;
	readonly does: 'resume' | 'seen' | null;
}

function bannersOf({ project, items, whole }: ProjectBoard, named: boolean): readonly Banner[] {
	const name = named ? `${project.name}: ` : '';
	const said: Banner[] = [];
	const home = whole?.home;
	if (home && !home.connected) {
		const since = home.since === null ? '' : ` since ${moment(home.since)}`;
		const waiting = [
			...(home.changesWaiting > 0 ? [count(home.changesWaiting, 'change')] : []),
			...(home.resultsWaiting > 0 ? [count(home.resultsWaiting, 'result')] : []),
		];
		said.push({
			...{ key: 'away', tone: 'needs', icon: 'alert', does: null },
			words: `${name}its home ${home.node} is away${since}. What you want is noted and shown as tentative until it is back; nothing lands meanwhile.${waiting.length > 0 ? ` ${waiting.join(' and ')} wait.` : ''}`,
		});
	} else if (project.trouble !== null) {
		said.push({ key: 'trouble', tone: 'failed', icon: 'alert', words: name + project.trouble, does: null });
	}
	if (project.paused) {
		said.push({
			...{ key: 'paused', tone: 'needs', icon: 'pause', does: 'resume' },
			words: `${name}paused: nothing is started and nothing lands.`,
		});
	}
	const idle = project.paused ? null : whyNothingRuns([...items.values()]);
	if (idle !== null) said.push({ key: 'idle', tone: 'needs', icon: 'clock', words: name + idle, does: null });
	const inTheWay = whole?.distance.checkout?.inTheWay ?? [];
	if (inTheWay.length > 0) {
		said.push({
			...{ key: 'dirty', tone: 'idle', icon: 'info', does: null },
			words: `${name}${whole?.distance.checkout?.words ?? ''}`,
		});
	}
	const refused = whole?.refused ?? [];
	if (refused.length > 0) {
		said.push({
			...{ key: 'refused', tone: 'failed', icon: 'cross', does: 'seen' },
			words: (
				<>
					{name}
					{refused.slice(0, 3).map(({ id, words }) => (
						<div key={id}>{words}</div>
					))}
				</>
			),
		});
	}
	return said;
}

/** Work is ready, nobody does any, and it is not that somebody is about to. */
function whyNothingRuns(items: readonly ItemAnswer[]): string | null {
	if (items.some(({ holder }) => holder !== null)) return null;
	const ready = items.filter(
		(item) =>
			['backlog', 'coding', 'qa'].includes(item.stage) &&
			item.needsYou === null &&
			!item.held &&
			item.type !== 'epic' &&
			item.dependsOn.every(({ satisfied }) => satisfied),
	);
	const stuck = ready.filter(({ waitsBecause }) => waitsBecause !== null);
	if (stuck.length === 0 || stuck.length < ready.length) return null;
	return `${count(stuck.length, 'item is', 'items are')} ready but nothing is running: ${plainWords(stuck[0]?.waitsBecause ?? '')}`;
}

function Does({ board, does }: { readonly board: ProjectBoard; readonly does: NonNullable<Banner['does']> }) {
	const { ask, store, notices } = useApp();
	const may = useMay('member');
	if (!may) return null;
	const project = board.project.id;
	const run = async (): Promise<void> => {
		try {
			if (does === 'resume') notices.tell((await ask('project.resume', { project })).answer);
			else await ask('item.refusals', { project, seen: true });
			await store.readAgain(project);
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		<button type="button" className="button tiny" onClick={() => void run()}>
			{does === 'resume' ? 'Resume' : 'I have seen it'}
		</button>
	);
}
