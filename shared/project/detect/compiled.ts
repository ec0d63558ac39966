/**
 * Go, Rust, the JVM and Ruby: one or two standard commands each, because their tools agree on how a project is fetched
 * and tested. Formatters and linters become gates only where the project's own automation already runs them.
 */
import { type GateFinding, gate, nothing, type Part, type ProjectTree, present } from './finding.ts';

/** What a Go module needs and must pass. */
export async function detectGo(tree: ProjectTree): Promise<Part> {
	if (!tree.files.includes('go.mod')) return nothing;
	const why = 'go.mod is there';
	const format = await ranByAutomation(tree, 'gofmt');
	return {
		setup: tree.files.includes('go.sum') ? [{ value: 'go mod download', why: 'go.sum names dependencies' }] : [],
		lockfiles: present(tree, ['go.mod', 'go.sum'], 'says what is downloaded'),
		caches: [],
		gates: [
			...(format === null ? [] : [gate('format', 'test -z "$(gofmt -l .)"', `${format} runs gofmt`)]),
			gate('lint', 'go vet ./...', why),
			gate('test', 'go test ./...', why),
		],
	};
}

/** What a Cargo package or workspace needs and must pass. */
export async function detectRust(tree: ProjectTree): Promise<Part> {
	if (!tree.files.includes('Cargo.toml')) return nothing;
	const isLocked = tree.files.includes('Cargo.lock');
	const locked = isLocked ? ' --locked' : '';
	const all = /^\[workspace\]/m.test((await tree.read('Cargo.toml')) ?? '') ? ' --workspace' : '';
	const configs = ['rustfmt.toml', '.rustfmt.toml'].filter((file) => tree.files.includes(file));
	const format = configs[0] ?? (await ranByAutomation(tree, 'cargo fmt'));
	const lint = await ranByAutomation(tree, 'cargo clippy');
	const gates: GateFinding[] = [
		...(format === null ? [] : [gate('format', 'cargo fmt --check', `${format} asks for it`)]),
		...(lint === null ? [] : [gate('lint', `cargo clippy${all}${locked} -- -D warnings`, `${lint} runs cargo clippy`)]),
		gate('test', `cargo test${all}${locked}`, 'Cargo.toml is there'),
	];
	return {
		setup: [{ value: `cargo fetch${locked}`, why: 'Cargo.toml is there' }],
		lockfiles: present(tree, ['Cargo.toml', 'Cargo.lock'], 'says what is fetched'),
		caches: [{ value: 'target', why: 'cargo builds into target' }],
		gates,
	};
}

/** What a Maven or Gradle project needs and must pass. */
export async function detectJvm(tree: ProjectTree): Promise<Part> {
	const has = (file: string): boolean => tree.files.includes(file);
	if (has('pom.xml')) {
		const mvn = has('mvnw') ? './mvnw' : 'mvn';
		return {
			setup: [{ value: `${mvn} -q -B dependency:go-offline`, why: 'pom.xml is there' }],
			lockfiles: present(tree, ['pom.xml'], 'says what is fetched'),
			caches: [{ value: 'target', why: 'Maven builds into target' }],
			gates: [gate('test', `${mvn} -B test`, 'pom.xml is there')],
		};
	}
	const build = ['build.gradle', 'build.gradle.kts'].find(has);
	if (build === undefined) return nothing;
	const gradle = has('gradlew') ? './gradlew' : 'gradle';
	return {
		setup: [{ value: `${gradle} --no-daemon -q testClasses`, why: `${build} is there` }],
		lockfiles: present(tree, [build, 'gradle.lockfile'], 'says what is fetched'),
		caches: [
			{ value: 'build', why: 'Gradle builds into build' },
			{ value: '.gradle', why: 'Gradle keeps its state in .gradle' },
		],
		gates: [gate('test', `${gradle} --no-daemon test`, `${build} is there`)],
	};
}

/** What a Ruby project with a Gemfile needs and must pass. */
export async function detectRuby(tree: ProjectTree): Promise<Part> {
	if (!tree.files.includes('Gemfile')) return nothing;
	const gemfile = `${await tree.read('Gemfile')}\n${(await tree.read('Gemfile.lock')) ?? ''}`;
	return {
		setup: [{ value: 'bundle install --quiet', why: 'Gemfile is there' }],
		lockfiles: present(tree, ['Gemfile', 'Gemfile.lock'], 'says what is installed'),
		caches: [],
		gates: [...rubyLint(tree, gemfile), ...(await rubyTests(tree, gemfile))],
	};
}

function rubyLint(tree: ProjectTree, gemfile: string): GateFinding[] {
	const isChecked = tree.files.includes('.rubocop.yml') && /\brubocop\b/.test(gemfile);
	return isChecked ? [gate('lint', 'bundle exec rubocop', '.rubocop.yml is there and rubocop is in the Gemfile')] : [];
}

async function rubyTests(tree: ProjectTree, gemfile: string): Promise<GateFinding[]> {
	const specs = tree.files.find((file) => file === '.rspec' || (file.startsWith('spec/') && file.endsWith('_spec.rb')));
	if (specs !== undefined && /\brspec/.test(gemfile)) return [gate('test', 'bundle exec rspec', `${specs} is there`)];
	const rakefile = (await tree.read('Rakefile')) ?? '';
	if (!/TestTask|task\s*\(?:?["']?(?:test|default)/.test(rakefile)) return [];
	return [gate('test', 'bundle exec rake test', 'Rakefile has a test task')];
}

/** The workflow or Makefile that already runs a command; null when none does. At most 20 workflows are read. */
async function ranByAutomation(tree: ProjectTree, command: string): Promise<string | null> {
	const workflows = tree.files.filter((file) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(file)).slice(0, 20);
	for (const file of [...workflows, '.gitlab-ci.yml', 'Makefile', 'justfile']) {
		if ((await tree.read(file))?.includes(command) === true) return file;
	}
	return null;
}
