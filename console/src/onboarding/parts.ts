// Which app each part of an onboarding run's job is done in: the run says the parts that are missing.

const APPS: Record<string, string> = {
  customers: 'hubspot',
  open_flags: 'hubspot',
  tasks: 'hubspot',
  tickets: 'zendesk',
  issues: 'linear',
  comments: 'linear',
};

/** The app behind what is missing of a run: a part has one, and what is none is an app itself. */
export const appBehind = (missing: string): string => APPS[missing] ?? missing;
