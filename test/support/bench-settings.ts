/** What attempts on a work bench are made of: a script as an item has it, gates and agents as a project file has them. */

export const script = (text: string) => `Do this:\n\n\`\`\`sh\n${text}\n\`\`\`\n`;

export const gate = (command: string, more: object = {}) => [{ name: 'test', kind: 'test', command, ...more }];

export const agent = (runtime: string, more: object = {}) => [{ name: 'ada', runtime, ...more }];

export const files = { 'a.txt': 'a\n', '.gitignore': 'ignored\n' };
