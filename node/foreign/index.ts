/** This node as a worker for projects whose home is elsewhere. */
export { ForeignProject, type ForeignProjectOptions } from './foreign-project.ts';
export { ForeignProjects } from './foreign-projects.ts';
export { ForeignMirror } from './mirror.ts';
export { ReportSender } from './report-sender.ts';
export { SalvageSender, type SalvageSenderOptions } from './salvage-sender.ts';
export { StateTeller } from './state-teller.ts';
export { serveWork } from './work-service.ts';
