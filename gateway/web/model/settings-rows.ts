/**
 * A project's settings as they stand in its file, by its sections: the very names that one changes there, so that what
 * is shown says where it is changed. Pure.
 */
import type { Settings } from './runs-with.ts';

export interface SettingsSection {
	/** As in the file: `[review]`, `[[gate]] test`; empty for what stands above all sections. */
	readonly title: string;
	readonly rows: readonly { readonly key: string; readonly value: string }[];
}

export function settingsSections(settings: Settings): readonly SettingsSection[] {
	const top: SettingsSection['rows'][number][] = [];
	const sections: SettingsSection[] = [];
	for (const [key, value] of Object.entries(settings)) {
		if (Array.isArray(value)) sections.push(...value.map((one) => sectionOf(`[[${key}]]`, one)));
		else if (isTable(value)) sections.push({ title: `[${key}]`, rows: rowsOf(value) });
		else top.push({ key, value: asWritten(value) });
	}
	return [{ title: '', rows: top }, ...sections];
}

function sectionOf(title: string, value: unknown): SettingsSection {
	if (!isTable(value)) return { title, rows: [] };
	const { name, ...rest } = value;
	return { title: typeof name === 'string' ? `${title} ${name}` : title, rows: rowsOf(rest) };
}

function rowsOf(table: Readonly<Record<string, unknown>>): SettingsSection['rows'] {
	return Object.entries(table).flatMap(([key, value]) =>
		value === undefined ? [] : [{ key, value: asWritten(value) }],
	);
}

function asWritten(value: unknown): string {
	return JSON.stringify(value) ?? '';
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
