/** The verdict on an item's result, gate by gate; what failed is open, with the part of its output that says why. */
import type { ItemDetail } from '../../../../shared/operations/index.ts';
import { count } from '../../model/words.ts';
import { Icon } from '../../ui/icon.tsx';
import { Output } from './overview.tsx';

const outcomeWords = { passed: 'passed', failed: 'failed', error: 'could not run' } as const;
const outcomeTones = { passed: 'done', failed: 'failed', error: 'needs' } as const;
const outcomeIcons = { passed: 'check', failed: 'cross', error: 'alert' } as const;

export function Gates({ detail }: { readonly detail: ItemDetail }) {
	if (detail.gates.length === 0) return null;
	return (
		<section className="stack">
			<h2>Gates</h2>
			<ul className="gates">
				{detail.gates.map((gate) => (
					<li key={gate.gate}>
						<details open={gate.outcome !== 'passed'}>
							<summary>
								<span className="chip" data-tone={outcomeTones[gate.outcome]}>
									<Icon name={outcomeIcons[gate.outcome]} />
									{outcomeWords[gate.outcome]}
								</span>
								<strong>{gate.gate}</strong>
								<span className="soft clip">
									{gate.tests
										? `${count(gate.tests.passed, 'test')} passed${gate.tests.failed > 0 ? `, ${gate.tests.failed} failed` : ''}${gate.tests.skipped > 0 ? `, ${gate.tests.skipped} skipped` : ''}`
										: gate.why}
								</span>
								<span className="faint small push">{`${gate.seconds.toFixed(1)} s`}</span>
							</summary>
							{gate.outcome !== 'passed' && <p className="soft">{gate.why}</p>}
							{gate.tail !== '' && <Output text={gate.tail} name={`the output of ${gate.gate}`} />}
						</details>
					</li>
				))}
			</ul>
		</section>
	);
}
