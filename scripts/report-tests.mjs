/*
 * A reporter of vitest that writes down what scripts/summarize-tests.mjs adds up. Vitest's own JSON leaves out the errors
 * of hooks and of files, and whatever nobody caught; a run that failed by one of those then failed without a name.
 * Where to write is in GANGLINE_TEST_REPORT; without it nothing is written.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

export default class TestReport {
	onTestRunEnd(modules, unhandled) {
		const target = process.env.GANGLINE_TEST_REPORT;
		if (target === undefined) return;
		const report = { passed: 0, leftOut: [], failed: [] };
		for (const module of modules) {
			const file = relative(process.cwd(), module.moduleId);
			const fail = (title, errors) => report.failed.push({ file, title, message: errors[0]?.message ?? 'no message' });
			if (module.errors().length > 0) fail('the file itself', module.errors());
			for (const suite of module.children.allSuites()) {
				if (suite.errors().length > 0) fail(`around ${suite.fullName}`, suite.errors());
			}
			for (const test of module.children.allTests()) {
				const { state, errors } = test.result();
				if (state === 'passed') report.passed += 1;
				else if (state === 'failed') fail(test.fullName, errors);
				else report.leftOut.push(test.fullName);
			}
		}
		for (const error of unhandled) {
			report.failed.push({ file: 'nobody caught', title: error.name ?? 'an error', message: error.message });
		}
		writeFileSync(target, JSON.stringify(report));
	}
}
