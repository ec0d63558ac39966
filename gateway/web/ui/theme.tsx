/** Dark or light: as the system wishes, until a person chooses. */
import { useEffect, useState } from 'react';
import { keep, kept } from '../browser/storage.ts';
import { Icon } from './icon.tsx';

type Theme = 'dark' | 'light';

const wished = window.matchMedia('(prefers-color-scheme: light)');

function themeNow(): Theme {
	const chosen = kept('theme');
	if (chosen === 'dark' || chosen === 'light') return chosen;
	return wished.matches ? 'light' : 'dark';
}

/** Before anything is drawn, and whenever the system's wish changes. */
export function applyTheme(): void {
	document.documentElement.dataset.theme = themeNow();
}

wished.addEventListener('change', applyTheme);

/** The theme that is shown, for what cannot read colours by their names. */
export function useTheme(): Theme {
	const [theme, setTheme] = useState<Theme>(shownTheme);
	useEffect(() => {
		const watch = new MutationObserver(() => setTheme(shownTheme()));
		watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
		return () => watch.disconnect();
	}, []);
	return theme;
}

function shownTheme(): Theme {
	return document.documentElement.dataset.theme === 'light' ? 'light' : 'dark';
}

export function ThemeButton() {
	const [theme, setTheme] = useState<Theme>(themeNow);
	useEffect(() => {
		const follow = (): void => setTheme(themeNow());
		wished.addEventListener('change', follow);
		return () => wished.removeEventListener('change', follow);
	}, []);
	const other: Theme = theme === 'dark' ? 'light' : 'dark';
	return (
		<button
			type="button"
			className="button quiet icon-only"
			aria-label={`Use the ${other} theme`}
			onClick={() => {
				keep('theme', other);
				applyTheme();
				setTheme(other);
			}}
		>
			<Icon name={theme === 'dark' ? 'sun' : 'moon'} />
		</button>
	);
}
