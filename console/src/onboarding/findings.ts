// Why a customer stands as it does, in the language that is shown. The API says it in English sentences,
// and as findings, of which there is one for each sentence and in the same order. A run of before there
// were findings has the sentences alone, and of a finding that is not known here there is the sentence.

import { appName } from '../state/words';
import { t } from '../texts';

export type Finding =
  | { kind: 'open_tickets'; count: number; oldestDays: number }
  | { kind: 'no_tasks' }
  | { kind: 'overdue_tasks'; count: number }
  | { kind: 'slow_progress'; done: number; total: number; percent: number; days: number; windowDays: number }
  | { kind: 'issue_idle' | 'issue_overdue'; identifier: string; days: number }
  | { kind: 'unread'; connector: string; reason: string };

/** What is said of each reason. */
export const reasonsOf = ({ reasons, findings }: { reasons: string[]; findings?: Finding[] | undefined }): string[] =>
  reasons.map((sentence, at) => said(findings?.[at]) ?? sentence);

function said(finding: Finding | undefined): string | undefined {
  const texts = t().onboarding.findings;
  switch (finding?.kind) {
    case 'open_tickets':
      return texts.openTickets(finding.count, finding.oldestDays);
    case 'no_tasks':
      return texts.noTasks;
    case 'overdue_tasks':
      return texts.overdueTasks(finding.count);
    case 'slow_progress':
      return texts.slowProgress(finding.done, finding.total, finding.percent, finding.days, finding.windowDays);
    case 'issue_idle':
      return texts.issueIdle(finding.identifier, finding.days);
    case 'issue_overdue':
      return texts.issueOverdue(finding.identifier, finding.days);
    case 'unread':
      return texts.unread(appName(finding.connector), finding.reason);
    default:
      return undefined;
  }
}
