import { describe, expect, it } from 'vitest';
import { headerOf, hunksOf, openAtFirst, readPatch } from '../../../gateway/web/model/patch.ts';

const patch = `diff --git a/src/a.js b/src/a.js
index 1..2 100644
--- a/src/a.js
+++ b/src/a.js
@@ -1,2 +1,2 @@
-one
+eins
 two
@@ -9 +9,2 @@ function f
 nine
+ten
diff --git a/new.txt b/new.txt
new file mode 100644
--- /dev/null
+++ b/new.txt
@@ -0,0 +1 @@
+here
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/pic.png b/pic.png
index 1..2 100644
Binary files a/pic.png and b/pic.png differ
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-was
`;

describe('a patch', () => {
	const files = readPatch(patch);

	it('is read into files and hunks', () => {
		expect(files.map(({ path, change, hunks }) => [path, change, hunks.length])).toEqual([
			['src/a.js', 'changed', 2],
			['new.txt', 'added', 1],
			['new name.txt', 'renamed', 0],
			['pic.png', 'binary', 0],
			['gone.txt', 'deleted', 1],
		]);
		expect(hunksOf(files)).toBe(4);
	});

	it('counts lines by file', () => {
		expect(files[0]).toMatchObject({ added: 2, removed: 1 });
		expect(files[4]).toMatchObject({ added: 0, removed: 1, before: 'gone.txt' });
	});

	it('keeps the names that a drawing needs', () => {
		expect(files[2]?.before).toBe('old name.txt');
		const [first] = files;
		expect(first && headerOf(first)).toBe('--- a/src/a.js\n+++ b/src/a.js\n');
	});

	it('is drawn at once as far as it is short, file by file', () => {
		const file = { path: 'a', before: 'a', change: 'changed', hunks: ['@@'], added: 200, removed: 0 } as const;
		const long = { ...file, added: 3_000 };
		expect(openAtFirst(files)).toBe(files.length);
		expect(openAtFirst([long, file])).toBe(0);
		expect(openAtFirst([file, file, long, file])).toBe(2);
		expect(openAtFirst(Array.from({ length: 60 }, () => ({ ...file, added: 2 })))).toBe(12);
	});

	it('that is empty has no files', () => {
		expect(readPatch('')).toEqual([]);
	});
});
