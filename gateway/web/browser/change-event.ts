/** One message of the stream of changes, read. Pure; a newer gateway may say what this page does not know. */
import { type ChangeEvent, operations } from '../../../shared/operations/index.ts';
import { readAs } from '../../../shared/ports/read-as.ts';

/** Null for what is no change that this page knows. */
export function readChange(text: string): ChangeEvent | null {
	try {
		const read = readAs(operations.events.result, JSON.parse(text));
		return read.success ? read.data : null;
	} catch {
		return null;
	}
}
