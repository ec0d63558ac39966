/** The board's composition root: makes what touches the browser, draws the shell, rests while nobody looks. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/pieces.css';
import './styles/overlays.css';
import './styles/shell.css';
import './styles/board.css';
import './styles/item.css';
import './styles/change.css';
import './styles/views.css';
import { ask, askBoard } from './browser/api.ts';
import { browserClock } from './browser/clock.ts';
import { openFeed } from './browser/event-feed.ts';
import { BoardStore } from './store/board-store.ts';
import { Notices } from './store/notices.ts';
import { type App, AppContext, asError } from './ui/app.ts';
import { Shell } from './ui/shell.tsx';
import { applyTheme } from './ui/theme.tsx';

/** A hidden page reads nothing after this long: browsers give a host few connections, and a laptop has few hours. */
const restAfterMs = 60_000;

applyTheme();
const clock = browserClock;
const store = new BoardStore({ ask, askBoard, openFeed, clock, asError });
const app: App = { store, notices: new Notices(clock), ask, clock };
let cancelRest = (): void => {};
document.addEventListener('visibilitychange', () => {
	cancelRest();
	if (document.visibilityState === 'visible') store.wake();
	else cancelRest = clock.after(restAfterMs, store.rest);
});
window.addEventListener('online', () => {
	// Out of sight it rests, or tries again by itself.
	if (document.visibilityState === 'visible') store.connect();
});
store.connect();

const root = document.getElementById('root');
if (root) {
	createRoot(root).render(
		<StrictMode>
			<AppContext value={app}>
				<Shell />
			</AppContext>
		</StrictMode>,
	);
}
