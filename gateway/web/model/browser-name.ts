/** What a browser says of itself, as people call it: `Firefox on Linux`. Told apart for the eye alone, never for rights. */
const browsers: readonly (readonly [RegExp, string])[] = [
	[/Edg(?:e|A|iOS)?\//, 'Edge'],
	[/OPR\/|Opera/, 'Opera'],
	[/SamsungBrowser\//, 'Samsung Internet'],
	[/Firefox\/|FxiOS\//, 'Firefox'],
	[/Chrome\/|CriOS\/|Chromium\//, 'Chrome'],
	[/Safari\//, 'Safari'],
];
const systems: readonly (readonly [RegExp, string])[] = [
	[/iPhone|iPod/, 'iPhone'],
	[/iPad/, 'iPad'],
	[/Android/, 'Android'],
	[/Windows/, 'Windows'],
	[/Mac OS X|Macintosh/, 'a Mac'],
	[/CrOS/, 'ChromeOS'],
	[/Linux|X11/, 'Linux'],
];

/** The words themselves where they name no browser that is known. */
export function browserName(said: string): string {
	const [browser, system] = [browsers, systems].map((known) => known.find(([pattern]) => pattern.test(said))?.[1]);
	if (browser === undefined) return said === '' ? 'a browser' : said.slice(0, 60);
	return system === undefined ? browser : `${browser} on ${system}`;
}
