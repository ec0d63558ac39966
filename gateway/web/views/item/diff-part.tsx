/**
 * What an item's result changes, and the two answers to it. An approval is bound to the commits that are shown here: when
 * they have moved it is refused, the new change is read and shown, and the approval has to be given again.
 */
import { useMemo, useState } from 'react';
import type { ItemAnswer, Result } from '../../../../shared/operations/index.ts';
import { hunksOf, openAtFirst, type PatchFile, readPatch } from '../../model/patch.ts';
import { count, moment, short } from '../../model/words.ts';
import { asError, knownOf, useAnswer, useApp, useDraft, useMay } from '../../ui/app.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Command, Empty, Failure, Loading } from '../../ui/pieces.tsx';
import { DiffFile } from './diff-file.tsx';

type Shown = Result<'item.diff'>;

const wholeBytes = 1024 * 1024;

export function DiffPart({ item }: { readonly item: ItemAnswer }) {
	const { project, key } = item;
	const [bytes, setBytes] = useState<number | null>(null);
	const [round, setRound] = useState(0);
	const [moved, setMoved] = useState(false);
	const [asked, again] = useAnswer(
		'item.diff',
		{ project, item: key, ...(bytes !== null && { bytes }) },
		`${item.stage} ${round}`,
	);
	const shown = knownOf(asked);
	if (shown === null) {
		return (
			<div className="view-body">
				{asked.kind !== 'failed' ? (
					<Loading what="the change" />
				) : asked.error.code === 'NOTHING_TO_SHOW' ? (
					<Empty title="No change yet">
						<p>{asked.error.message}</p>
						<p>It is here as soon as a result was handed in: what would land on main, and how.</p>
					</Empty>
				) : (
					<Failure error={asked.error} retry={again} />
				)}
			</div>
		);
	}
	return (
		<div className="view-body" data-part="diff">
			<div className="stack" style={{ gap: 14 }}>
				{moved && (
					<div className="banner" data-tone="needs" role="alert">
						<Icon name="alert" />
						<div className="words">
							<strong>Not approved:</strong> the change moved while you looked at it. This is how it is now; look again,
							then approve this one.
						</div>
					</div>
				)}
				<TakenAt shown={shown} again={again} />
				{item.stage === 'reviewHold' && (
					<Answers
						item={item}
						shown={shown}
						onMoved={() => {
							setMoved(true);
							setRound((n) => n + 1);
						}}
					/>
				)}
				<Files shown={shown} onWhole={shown.cut && bytes === null ? () => setBytes(wholeBytes) : null} />
			</div>
		</div>
	);
}

/** The same patch is read and drawn once, however often the item around it changes. */
function Files({ shown, onWhole }: { readonly shown: Shown; readonly onWhole: (() => void) | null }) {
	const files = useMemo(() => readPatch(shown.patch), [shown.patch]);
	const open = openAtFirst(files);
	return (
		<>
			<Amount shown={shown} files={files} onWhole={onWhole} />
			{files.map((file, index) => (
				<DiffFile key={file.path} file={file} open={index < open} />
			))}
		</>
	);
}

function TakenAt({ shown, again }: { readonly shown: Shown; readonly again: () => void }) {
	const { branch, main, mergeBase } = shown.binding;
	return (
		<div className="row wrap soft small">
			<span>
				Result <code>{short(branch)}</code> on main <code>{short(main)}</code>
				{main !== mergeBase && (
					<>
						{' '}
						(from <code>{short(mergeBase)}</code>)
					</>
				)}
				, read {moment(shown.takenAt)}
			</span>
			<button type="button" className="button quiet tiny" onClick={again}>
				Read again
			</button>
		</div>
	);
}

interface AmountProps {
	readonly shown: Shown;
	readonly files: readonly PatchFile[];
	readonly onWhole: (() => void) | null;
}

/** How much of the change is on the page; what is not is said, with how to see it. */
function Amount({ shown, files, onWhole }: AmountProps) {
	const { stat, hunks, cut } = shown;
	const here = hunksOf(files);
	return (
		<div className="stack" style={{ gap: 8 }}>
			<div className="row wrap">
				<strong>{count(stat.files, 'file')}</strong>
				<span className="added">+{stat.insertions.toLocaleString('en')}</span>
				<span className="removed">−{stat.deletions.toLocaleString('en')}</span>
				<span className="soft">
					{cut
						? `${here.toLocaleString('en')} of ${count(hunks ?? here, 'hunk')} in ${files.length} of ${count(stat.files, 'file')} are shown here`
						: `all ${count(here, 'hunk')} of ${count(stat.files, 'file')} are shown`}
				</span>
			</div>
			{cut && (
				<div className="banner" data-tone="needs">
					<Icon name="info" />
					<div className="words">{cut.words}</div>
					{onWhole && (
						<button type="button" className="button tiny" onClick={onWhole}>
							Read up to 1 MB
						</button>
					)}
				</div>
			)}
			<Command line={shown.command} name="command that shows the whole change" />
		</div>
	);
}

interface AnswersProps {
	readonly item: ItemAnswer;
	readonly shown: Shown;
	readonly onMoved: () => void;
}

function Answers({ item, shown, onMoved }: AnswersProps) {
	const { ask, store, notices } = useApp();
	const may = useMay('member');
	const [asks, setAsks] = useState(false);
	const [busy, setBusy] = useState(false);
	const { project, key } = item;
	if (!may) return null;
	const approve = async (): Promise<void> => {
		setBusy(true);
		try {
			const answer = await ask('item.approve', { project, item: key, binding: shown.binding });
			store.learn(answer.item);
			notices.tell(answer.answer, null, answer.hint);
		} catch (thrown) {
			const error = asError(thrown);
			if (error.data.refusal === 'movedSinceReview') onMoved();
			else notices.fail(error);
		} finally {
			setBusy(false);
		}
	};
	return (
		<div className="answers">
			<button type="button" className="button primary" disabled={busy} onClick={() => void approve()}>
				<Icon name="check" />
				Approve {short(shown.binding.branch)}
			</button>
			<button type="button" className="button" onClick={() => setAsks(true)}>
				Request changes…
			</button>
			<span className="soft small">It lands when the gates pass on main as it is then.</span>
			{asks && <RequestChanges item={item} onClose={() => setAsks(false)} />}
		</div>
	);
}

function RequestChanges({ item, onClose }: { readonly item: ItemAnswer; readonly onClose: () => void }) {
	const { ask, store, notices } = useApp();
	const [words, setWords] = useDraft('reject', item);
	const send = async (): Promise<void> => {
		try {
			const answer = await ask('item.reject', { project: item.project, item: item.key, words });
			store.learn(answer.item);
			notices.tell(answer.answer, null, answer.hint);
			setWords('');
			onClose();
		} catch (thrown) {
			notices.fail(asError(thrown));
		}
	};
	return (
		<Dialog
			title={`What should be different in ${item.name}?`}
			confirm="Send it back"
			disabled={words.trim() === ''}
			onConfirm={send}
			onClose={onClose}
		>
			<div className="field">
				<label htmlFor="wanted">Your words are in the next prompt</label>
				<textarea
					id="wanted"
					className="input"
					rows={6}
					value={words}
					onChange={(event) => setWords(event.target.value)}
				/>
			</div>
		</Dialog>
	);
}
