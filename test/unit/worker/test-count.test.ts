import { describe, expect, test } from 'vitest';
import { countTests } from '../../../node/worker/test-count.ts';
import { processorMsSince } from '../../support/processor-time.ts';

const count = (passed: number, failed: number, skipped: number) => ({ passed, failed, skipped });

const cases: readonly [name: string, output: string, expected: ReturnType<typeof count> | null][] = [
	[
		'vitest',
		' Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 34 passed | 2 skipped (37)\n   Start at  04:11:30\n',
		count(34, 1, 2),
	],
	[
		'vitest in colours',
		'\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[32m36 passed\u001b[39m\u001b[22m\u001b[90m (36)\u001b[39m\n',
		count(36, 0, 0),
	],
	['vitest without tests', 'No test files found, exiting with code 0\n', count(0, 0, 0)],
	[
		'jest',
		'Test Suites: 1 failed, 1 total\nTests:       1 failed, 2 skipped, 3 passed, 6 total\nSnapshots:   0 total\n',
		count(3, 1, 2),
	],
	['jest twice (workspaces)', 'Tests:       3 passed, 3 total\n…\nTests:       4 passed, 4 total\n', count(7, 0, 0)],
	['mocha', '\n  3 passing (5ms)\n  2 pending\n  1 failing\n\n  1) it\n', count(3, 1, 2)],
	[
		'node --test, TAP',
		'1..2\n# tests 5\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n# duration_ms 46.1\n',
		count(2, 2, 1),
	],
	[
		'node --test, spec',
		'ℹ tests 3\nℹ suites 0\nℹ pass 3\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms 5\n',
		count(3, 0, 0),
	],
	['pytest', '========= 1 failed, 2 passed, 3 skipped, 1 error, 2 warnings in 0.12s =========\n', count(2, 2, 3)],
	['pytest -q', '..\n2 passed in 0.01s\n', count(2, 0, 0)],
	['pytest in minutes', '====== 212 passed, 1 xfailed in 75.10s (0:01:15) ======\n', count(212, 0, 1)],
	['pytest without tests', '============ no tests ran in 0.01s ============\n', count(0, 0, 0)],
	['unittest', '..s\n----\nRan 3 tests in 0.001s\n\nOK (skipped=1)\n', count(2, 0, 1)],
	['unittest, failing', 'Ran 5 tests in 0.001s\n\nFAILED (failures=1, errors=1)\n', count(3, 2, 0)],
	['unittest without tests', 'Ran 0 tests in 0.000s\n\nNO TESTS RAN\n', count(0, 0, 0)],
	[
		'go test',
		'ok  \texample.com/a\t0.003s\nFAIL\texample.com/b\t0.01s\n?   \texample.com/c\t[no test files]\nok  \texample.com/d\t(cached)\n',
		count(2, 1, 0),
	],
	['go test without tests', '?   \texample.com/c\t[no test files]\n', count(0, 0, 0)],
	['go test, nothing to run', 'ok  \texample.com/c\t0.001s [no tests to run]\n', count(0, 0, 0)],
	['go test, no build', 'FAIL\texample.com/c [build failed]\n', count(0, 1, 0)],
	[
		'go test -v',
		'=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n    --- FAIL: TestB/x (0.00s)\n--- FAIL: TestB (0.00s)\n--- SKIP: TestC (0.00s)\nFAIL\nFAIL\ta\t0.1s\n',
		count(1, 2, 1),
	],
	[
		'go test -json',
		'{"Time":"x","Action":"pass","Package":"a","Test":"TestA","Elapsed":0}\n{"Action":"fail","Package":"a","Test":"TestB"}\n{"Action":"fail","Package":"a","Elapsed":1}\n',
		count(1, 1, 0),
	],
	[
		'cargo test',
		'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n   Doc-tests a\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n',
		count(4, 1, 1),
	],
	['nextest', '     Summary [   0.012s] 3 tests run: 2 passed (1 slow), 1 failed, 1 skipped\n', count(2, 1, 1)],
	[
		'Maven surefire',
		'[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.02 s -- in A\n[INFO] Results:\n[ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1\n',
		count(2, 2, 1),
	],
	['Gradle', '5 tests completed, 1 failed, 2 skipped\n', count(2, 1, 2)],
	['RSpec', 'Finished in 0.1 seconds\n5 examples, 1 failure, 2 pending\n', count(2, 1, 2)],
	['minitest', '5 runs, 8 assertions, 1 failures, 1 errors, 2 skips\n', count(1, 2, 2)],
	[
		'test-unit',
		'5 tests, 8 assertions, 1 failures, 0 errors, 1 pendings, 0 omissions, 0 notifications\n',
		count(3, 1, 1),
	],
	['PHPUnit', 'OK (5 tests, 8 assertions)\n', count(5, 0, 0)],
	['PHPUnit, failing', 'FAILURES!\nTests: 5, Assertions: 8, Failures: 1, Errors: 1, Skipped: 1.\n', count(2, 2, 1)],
	['PHPUnit without tests', 'No tests executed!\n', count(0, 0, 0)],
	['ctest', '\n80% tests passed, 1 tests failed out of 5\n', count(4, 1, 0)],
	['ctest without tests', 'No tests were found!!!\n', count(0, 0, 0)],
	['prove', 'All tests successful.\nFiles=2, Tests=5,  0 wallclock secs\nResult: PASS\n', count(5, 0, 0)],
	[
		'prove, failing',
		'Failed 1/2 test programs. 1/5 subtests failed.\nFiles=2, Tests=5,  0 wallclock secs\nResult: FAIL\n',
		count(4, 1, 0),
	],
	['bats', ' ✓ a\n\n5 tests, 1 failure, 2 skipped\n', count(2, 1, 2)],
	['bats in TAP', '1..3\nok 1 a\nnot ok 2 b\nok 3 c # skip later\n', count(1, 1, 1)],
	['empty TAP', '1..0 # no tests\n', count(0, 0, 0)],
	[
		'dotnet',
		'Passed!  - Failed:     0, Passed:     5, Skipped:     1, Total:     6, Duration: 12 ms - a.dll (net8.0)\n',
		count(5, 0, 1),
	],
	['dotnet, older', 'Total tests: 6\n     Passed: 4\n     Failed: 1\n    Skipped: 1\n', count(4, 1, 1)],
	['several runners in one output', 'Tests:       3 passed, 3 total\n2 passed in 0.01s\n', count(5, 0, 0)],
	['CRLF', 'Tests:       3 passed, 3 total\r\n', count(3, 0, 0)],
	['no runner that we know', 'all good\n', null],
	['nothing', '', null],
	['words about tests', 'Ran all the tests. 5 passed inspection, ok 1\n', null],
];

describe('countTests', () => {
	test.each(cases)('reads %s', (_, output, expected) => {
		expect(countTests(output)).toEqual(expected);
	});

	test('[I15] takes no longer for hostile output', () => {
		const started = process.cpuUsage();
		for (const piece of [
			'1 failed, ',
			'1 passed | ',
			'1 a, ',
			' ',
			'# tests 1\n',
			'=',
			'--- PASS: ',
			'1 pending\n',
			'Tests:  1 a',
			'\u001b[',
		]) {
			countTests(piece.repeat(20_000));
		}
		expect(processorMsSince(started)).toBeLessThan(5_000);
	});
});
