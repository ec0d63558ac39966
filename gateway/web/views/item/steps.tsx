/** What one can do with an item now, as buttons with what comes of each; where words are needed a dialog asks for them. */
import { useState } from 'react';
import type { ItemDetail, Result } from '../../../../shared/operations/index.ts';
import { hasScript } from '../../model/runs-with.ts';
import { type Step, stepsOf } from '../../model/steering.ts';
import { useChange, useDraft } from '../../ui/app.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { useItemActions } from '../../ui/item-actions.tsx';
import { Command } from '../../ui/pieces.tsx';
import { PreviewDialog } from './preview.tsx';

type Open = Exclude<Step['kind'], 'move'>;

export function Steps({ detail }: { readonly detail: ItemDetail }) {
	const actions = useItemActions();
	const [open, setOpen] = useState<Open | null>(null);
	const byScript = detail.agent === 'shell' || (detail.agent === null && hasScript(detail.description));
	const steps = stepsOf(detail, byScript);
	if (!actions.mayChange || steps.length === 0) return null;
	const close = (): void => setOpen(null);
	return (
		<section className="panel stack" aria-labelledby="steps">
			<h3 id="steps">What you can do</h3>
			<ul className="steps">
				{steps.map((step) => (
					<li key={step.kind === 'move' ? step.move.event : step.kind}>
						<button
							type="button"
							className="button tiny"
							onClick={() => (step.kind === 'move' ? actions.move(detail, step.move) : setOpen(step.kind))}
						>
							{step.kind === 'move' ? step.move.label : step.label}
						</button>
						<span className="soft small">{step.does}</span>
					</li>
				))}
			</ul>
			{open === 'say' && <SayDialog detail={detail} onClose={close} />}
			{open === 'take' && <TakeDialog detail={detail} onClose={close} />}
			{open === 'give' && <GiveDialog detail={detail} onClose={close} />}
			{open === 'preview' && <PreviewDialog detail={detail} onClose={close} />}
			{actions.question}
		</section>
	);
}

interface StepProps {
	readonly detail: ItemDetail;
	readonly onClose: () => void;
}

function SayDialog({ detail, onClose }: StepProps) {
	const change = useChange();
	const [words, setWords] = useDraft('say', detail);
	const send = async (): Promise<void> => {
		const told = await change('item.say', { project: detail.project, item: detail.key, words: words.trim() });
		if (!told) return;
		setWords('');
		onClose();
	};
	return (
		<Dialog
			title={`Tell the agent of ${detail.name}`}
			confirm="Tell it"
			disabled={words.trim() === ''}
			onConfirm={send}
			onClose={onClose}
		>
			<Words
				label={detail.holder ? 'It reads this at its next turn' : 'Its next session begins with this'}
				value={words}
				onChange={setWords}
			/>
		</Dialog>
	);
}

function TakeDialog({ detail, onClose }: StepProps) {
	const change = useChange();
	const [taken, setTaken] = useState<Result<'item.take'> | null>(null);
	const take = async (): Promise<void> => {
		const result = await change('item.take', { project: detail.project, item: detail.key });
		if (result) setTaken(result);
	};
	return (
		<Dialog
			title={taken === null ? `Take ${detail.name} over?` : `${detail.name} is yours`}
			onClose={onClose}
			{...(taken === null && { confirm: 'Take over', onConfirm: take })}
		>
			{taken === null ? (
				<p className="soft">
					What works on it is stopped, and that is verified; the item is frozen meanwhile. You commit in its clone, on
					the machine that has it, and give it back when you are done.
				</p>
			) : taken.folder === null ? (
				<p className="soft">Nothing was begun yet: there is no clone to work in. Give it back when it should go on.</p>
			) : (
				<>
					<p className="soft">{`Its clone is on ${taken.node}. Commit there what should stay, then give it back here.`}</p>
					<Command line={`cd '${taken.folder.replaceAll("'", "'\\''")}'`} name="folder of the clone" />
				</>
			)}
		</Dialog>
	);
}

function GiveDialog({ detail, onClose }: StepProps) {
	const change = useChange();
	const [words, setWords] = useDraft('give', detail);
	const give = async (): Promise<void> => {
		const said = words.trim() === '' ? {} : { words: words.trim() };
		if (!(await change('item.give', { project: detail.project, item: detail.key, ...said }))) return;
		setWords('');
		onClose();
	};
	return (
		<Dialog title={`Give ${detail.name} back`} confirm="Give it back" onConfirm={give} onClose={onClose}>
			<p className="soft">What you committed in the clone stays; who goes on is told that you worked there.</p>
			<Words label="What else should it know? (may stay empty)" value={words} onChange={setWords} />
		</Dialog>
	);
}

interface WordsProps {
	readonly label: string;
	readonly value: string;
	readonly onChange: (words: string) => void;
}

function Words({ label, value, onChange }: WordsProps) {
	return (
		<div className="field">
			<label htmlFor="step-words">{label}</label>
			<textarea
				id="step-words"
				className="input"
				rows={4}
				value={value}
				onChange={(event) => onChange(event.target.value)}
			/>
		</div>
	);
}
