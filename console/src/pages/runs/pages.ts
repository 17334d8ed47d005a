// The runs of several workflows as one list, the newest first, page by page. Each workflow is paged by
// itself; what is shown ends where the first of them could still have a newer run than the others.

import { useEffect, useRef, useState } from 'preact/hooks';

import { api, data, type RunSummary, type Schemas } from '../../api/client';
import { Failure } from '../../api/failure';

const PAGE = 25;
const EVERY_MS = 10_000;

interface Lane {
  runs: RunSummary[];
  next: string | undefined;
  late: Schemas['Late'] | undefined;
}

async function page(workflow: string, status: Schemas['RunStatus'] | undefined, cursor?: string) {
  const query = { limit: PAGE, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) };
  return data(api.GET('/api/workflows/{workflow}/runs', { params: { path: { workflow }, query } }));
}

export function useRuns(workflows: string[], status: Schemas['RunStatus'] | undefined) {
  const key = `${workflows.join()}:${status}`;
  const [lanes, setLanes] = useState<{ key: string; lanes: Map<string, Lane> }>({ key, lanes: new Map() });
  const [loading, setLoading] = useState(true);
  const [failure, setFailure] = useState<Failure>();
  const latest = useRef(key);
  latest.current = key;
  /** What is being read. */
  const reading = useRef<string | undefined>(undefined);

  const load = async (more: boolean) => {
    reading.current = key;
    setLoading(true);
    try {
      const before = lanes.key === key ? lanes.lanes : new Map<string, Lane>();
      const read = workflows.map(async (workflow): Promise<[string, Lane]> => {
        const lane = before.get(workflow);
        if (more && lane && !lane.next) return [workflow, lane];
        const answer = await page(workflow, status, more ? lane?.next : undefined);
        const next = answer.nextCursor ?? undefined;
        const late = answer.late ?? undefined;
        if (more) return [workflow, { runs: [...(lane?.runs ?? []), ...answer.runs], next, late }];
        // The first page again: what was loaded behind it stays.
        const fresh = new Set(answer.runs.map(({ runId }) => runId));
        const oldest = answer.runs.at(-1)?.startedAt ?? '';
        const rest = (lane?.runs ?? []).filter(({ runId, startedAt }) => !fresh.has(runId) && startedAt < oldest);
        return [workflow, { runs: [...answer.runs, ...rest], next: rest.length > 0 ? lane?.next : next, late }];
      });
      const all = new Map(await Promise.all(read));
      if (latest.current !== key) return;
      setLanes({ key, lanes: all });
      setFailure(undefined);
    } catch (error) {
      if (latest.current === key) setFailure(Failure.from(error));
    } finally {
      if (latest.current === key) {
        reading.current = undefined;
        setLoading(false);
      }
    }
  };
  const again = useRef(load);
  again.current = load;
  useEffect(() => {
    void again.current(false);
    // Not while more is being read: what this would answer knows nothing of it.
    const tick = () => document.visibilityState === 'visible' && reading.current !== key && void again.current(false);
    const timer = setInterval(tick, EVERY_MS);
    return () => clearInterval(timer);
  }, [key]);

  const known = lanes.key === key ? [...lanes.lanes.values()] : [];
  const frontier = known.filter(({ next }) => next).map(({ runs }) => runs.at(-1)?.startedAt ?? '').sort().at(-1) ?? '';
  const runs = known
    .flatMap((lane) => lane.runs)
    .filter(({ startedAt }) => startedAt >= frontier)
    .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  return {
    runs,
    loading,
    failure,
    late: known.map((lane) => lane.late).find((late) => late !== undefined),
    hasMore: known.some(({ next }) => next),
    loadMore: () => void load(true),
    reload: () => void load(false),
  };
}
