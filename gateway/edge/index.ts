/** The edge of the mesh for browsers and simple tools: its documents over the y-websocket protocol. */
export { type DocumentServer, type DocumentServerOptions, serveDocuments } from './document-server.ts';
export { openProjectDocument, type ProjectDocumentsOptions } from './project-documents.ts';
export { loggedOut, type Opened, type ServedDocument } from './served-document.ts';
