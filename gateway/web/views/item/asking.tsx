/**
 * What an item's agent asks a person, with the answers and what each leads to: a permission is given or refused, a
 * question of its own may also be answered in words.
 */
import { type FormEvent, useState } from 'react';
import type { ItemAnswer } from '../../../../shared/operations/index.ts';
import { ownQuestion } from '../../../../shared/protocol/asks.ts';
import { useChange, useDraft, useMay } from '../../ui/app.ts';
import { Icon } from '../../ui/icon.tsx';

interface AskingProps {
	readonly item: ItemAnswer;
}

export function Asking({ item }: AskingProps) {
	const may = useMay('member');
	if (item.asks === null) return null;
	const question = ownQuestion(item.asks);
	return (
		<section className="panel stack asking" aria-label="What its agent asks">
			<p className="row">
				<Icon name="eye" />
				<strong>{question === null ? 'Its agent asks to be allowed this' : 'Its agent asks you'}</strong>
			</p>
			<pre className="output">{question ?? item.asks}</pre>
			{may && (question === null ? <Permission item={item} /> : <Question key={question} item={item} />)}
		</section>
	);
}

function Permission({ item }: AskingProps) {
	const { busy, decide } = useAnswers(item);
	return (
		<div className="row wrap">
			<button type="button" className="button primary" disabled={busy} onClick={() => decide('allow')}>
				<Icon name="check" />
				Allow
			</button>
			<button type="button" className="button" disabled={busy} onClick={() => decide('deny')}>
				Refuse
			</button>
			<span className="soft small">
				Either way it goes on, and is not asked the same again for this item. The log says who decided.
			</span>
		</div>
	);
}

function Question({ item }: AskingProps) {
	const { busy, decide, say } = useAnswers(item);
	const [words, setWords] = useDraft('answer', item);
	const send = (event: FormEvent): void => {
		event.preventDefault();
		if (!busy && words.trim() !== '') say(words.trim(), () => setWords(''));
	};
	return (
		<form className="stack" onSubmit={send}>
			<div className="field">
				<label htmlFor="answer">Your answer</label>
				<textarea
					id="answer"
					className="input"
					rows={2}
					value={words}
					onChange={({ target: { value } }) => setWords(value)}
					onKeyDown={(event) => {
						if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event);
					}}
				/>
			</div>
			<div className="row wrap">
				<button type="submit" className="button primary" disabled={busy || words.trim() === ''}>
					<Icon name="check" />
					Answer
				</button>
				<button type="button" className="button" disabled={busy} onClick={() => decide('allow')}>
					Yes
				</button>
				<button type="button" className="button" disabled={busy} onClick={() => decide('deny')}>
					No
				</button>
				<span className="soft small">It goes on with what you answer.</span>
			</div>
		</form>
	);
}

interface Answers {
	readonly busy: boolean;
	readonly decide: (decision: 'allow' | 'deny') => void;
	readonly say: (words: string, onSaid: () => void) => void;
}

/** Each answers once: the question leaves with what comes of it. */
function useAnswers({ project, key }: ItemAnswer): Answers {
	const change = useChange();
	const [busy, setBusy] = useState(false);
	const once = async (answer: () => Promise<unknown>): Promise<void> => {
		setBusy(true);
		await answer();
		setBusy(false);
	};
	return {
		busy,
		decide: (decision) => void once(() => change('item.answer', { project, item: key, decision })),
		say: (words, onSaid) =>
			void once(async () => {
				if (await change('item.say', { project, item: key, words })) onSaid();
			}),
	};
}
