/** How fresh what one sees is, always in sight; and, when the gateway cannot be reached, a way to try at once. */
import { isLost } from '../model/freshness.ts';
import { moment, span } from '../model/words.ts';
import { useApp, useBoardState, useNow } from './app.ts';
import { Icon } from './icon.tsx';

export function FreshnessLine() {
	const { freshness } = useBoardState();
	const now = useNow(5_000);
	const [dot, words] = ((): readonly [string, string] => {
		switch (freshness.kind) {
			case 'live':
				return ['live', 'Live'];
			case 'resting':
				return ['away', 'Paused while hidden'];
			case 'connecting':
				return isLost(freshness) ? ['lost', 'No connection'] : ['away', 'Connecting …'];
			case 'retrying':
				return isLost(freshness) ? ['lost', `As of ${span(now - freshness.since)} ago`] : ['live', 'Live'];
		}
	})();
	return (
		<p className="freshness" role="status">
			<span className="dot" data-state={dot} />
			{words}
		</p>
	);
}

export function FreshnessBanner() {
	const { freshness, trouble } = useBoardState();
	const { store } = useApp();
	const now = useNow(5_000);
	if (isLost(freshness)) {
		const since = freshness.kind === 'retrying' ? freshness.since : null;
		return (
			<div className="banner" data-tone="failed" role="alert">
				<Icon name="alert" />
				<div className="words">
					<strong>Reconnecting.</strong>{' '}
					{since === null
						? 'The gateway has not answered yet.'
						: `What you see is as of ${moment(since)}, ${span(now - since)} ago.`}{' '}
					<span className="soft">
						What you write in a description is kept here and sent while its item is open; nothing else can be done
						meanwhile.
					</span>
				</div>
				<button type="button" className="button tiny" onClick={store.connect}>
					Try now
				</button>
			</div>
		);
	}
	if (trouble === null) return null;
	return (
		<div className="banner" data-tone="failed" role="alert">
			<Icon name="alert" />
			<div className="words">
				{trouble.message} {trouble.hint !== undefined && <span className="soft">{trouble.hint}</span>}
			</div>
			<button type="button" className="button tiny" onClick={store.connect}>
				Try now
			</button>
		</div>
	);
}
