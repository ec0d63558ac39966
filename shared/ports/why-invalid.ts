/**
 * What a schema has against a value, in words of bounded length: a hostile value can be wrong in half a million places,
 * and a message that names them all takes a second to write and 36 MB to log.
 */
import { z } from 'zod';

const issuesShown = 5;
const charactersMax = 1_000;

export function whyInvalid({ issues }: z.core.$ZodError): string {
	const more = issues.length - issuesShown;
	const words = z.prettifyError(new z.ZodError(issues.slice(0, issuesShown))).slice(0, charactersMax);
	return more > 0 ? `${words}\nand ${more} more` : words;
}
