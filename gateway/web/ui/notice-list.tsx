/** What is told in passing, also to a screen reader; failures stay until they are closed. */
import { useSyncExternalStore } from 'react';
import { useApp } from './app.ts';
import { Icon } from './icon.tsx';

export function NoticeList() {
	const { notices } = useApp();
	const shown = useSyncExternalStore(notices.subscribe, notices.snapshot);
	return (
		<section className="notices" aria-live="polite" aria-label="What was done">
			{shown.map(({ id, tone, words, hint, action }) => (
				<div key={id} className="notice" data-tone={tone} role={tone === 'failed' ? 'alert' : undefined}>
					<Icon name={tone === 'failed' ? 'alert' : 'check'} />
					<div className="words">
						{words}
						{hint !== null && <div className="soft small">{hint}</div>}
					</div>
					{action && (
						<button
							type="button"
							className="button tiny"
							onClick={() => {
								notices.close(id);
								action.run();
							}}
						>
							{action.label}
						</button>
					)}
					<button
						type="button"
						className="button quiet tiny icon-only"
						aria-label="Close"
						onClick={() => notices.close(id)}
					>
						<Icon name="close" />
					</button>
				</div>
			))}
		</section>
	);
}
