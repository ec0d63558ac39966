/** One file of a change, drawn when it is open: by a library that knows hunks, gutters and syntax. */
import { DiffModeEnum, DiffView } from '@git-diff-view/react';
import { memo, useMemo, useState } from 'react';
import '@git-diff-view/react/styles/diff-view-pure.css';
import { headerOf, type PatchFile } from '../../model/patch.ts';
import { count } from '../../model/words.ts';
import { Icon } from '../../ui/icon.tsx';

const changeWords: Readonly<Record<PatchFile['change'], string>> = {
	changed: '',
	added: 'new',
	deleted: 'deleted',
	renamed: 'renamed',
	binary: 'binary',
};
/** Colouring of a larger file would hold the page up. */
const colouredLinesMax = 1_500;

export const DiffFile = memo(DrawnFile);

function DrawnFile({ file, open }: { readonly file: PatchFile; readonly open: boolean }) {
	const [isOpen, setOpen] = useState(open);
	return (
		<details className="diff-file" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
			<summary>
				<Icon name={isOpen ? 'down' : 'next'} />
				<code className="clip">{file.before === file.path ? file.path : `${file.before} → ${file.path}`}</code>
				{changeWords[file.change] !== '' && <span className="chip plain">{changeWords[file.change]}</span>}
				<span className="push small soft">{count(file.hunks.length, 'hunk')}</span>
				<span className="added small">+{file.added}</span>
				<span className="removed small">−{file.removed}</span>
			</summary>
			{isOpen && <Hunks file={file} />}
		</details>
	);
}

function Hunks({ file }: { readonly file: PatchFile }) {
	const theme = document.documentElement.dataset.theme === 'light' ? 'light' : 'dark';
	const data = useMemo(() => {
		const lang = file.path.split('.').at(-1) ?? '';
		return {
			oldFile: { fileName: file.before, fileLang: lang },
			newFile: { fileName: file.path, fileLang: lang },
			hunks: [headerOf(file) + file.hunks.join('')],
		};
	}, [file]);
	if (file.hunks.length === 0) {
		return (
			<p className="soft pad">
				{file.change === 'binary' ? 'A binary file: a shell shows more.' : 'No line of it changes.'}
			</p>
		);
	}
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className="diff-body" tabIndex={0} aria-label={`Change of ${file.path}`}>
			<DiffView
				data={data}
				diffViewMode={DiffModeEnum.Unified}
				diffViewTheme={theme}
				diffViewHighlight={file.added + file.removed < colouredLinesMax}
				diffViewFontSize={12.5}
				diffViewWrap
			/>
		</section>
	);
}
