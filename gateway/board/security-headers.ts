/**
 * What browsers are told not to do with the board: run any script but its own files, show it in a frame, guess types,
 * tell others where people came from. Styles may be set as attributes, because the diff and plots compute them; a style
 * sheet comes from a file.
 */

/** The diff's library adds a style sheet without a word in it. */
const emptyStyle = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
const plainHost = /^[a-z0-9.:[\]-]{1,255}$/i;

/** `host` is what the request named; WebSockets are not part of 'self' for old Safaris. */
export function securityHeaders(host: string): Readonly<Record<string, string>> {
	const policy = [
		"default-src 'none'",
		"script-src 'self'",
		`style-src 'self' ${emptyStyle}`,
		"style-src-attr 'unsafe-inline'",
		"img-src 'self' data:",
		"font-src 'self'",
		"manifest-src 'self'",
		`connect-src 'self'${plainHost.test(host) ? ` ws://${host} wss://${host}` : ''}`,
		"base-uri 'self'",
		"form-action 'self'",
		"frame-ancestors 'none'",
	];
	return {
		'content-security-policy': policy.join('; '),
		'referrer-policy': 'no-referrer',
		'cross-origin-opener-policy': 'same-origin',
		'cross-origin-resource-policy': 'same-origin',
		'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
	};
}
