import { useInfiniteQuery } from '@tanstack/react-query';
import { call } from '@/api/client';
import { keys } from '@/api/keys';
import { requestOf, type AuditSearch } from './auditFilter';

const PAGE_SIZE = 100;
const REFRESH_MS = 4_000;

/**
 * The entries that are wanted, newest first, a page at a time. The newest page is read again every few seconds; who
 * has gone further back reads in peace.
 */
export function useAudit(search: AuditSearch, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: keys.audit(search),
    queryFn: ({ pageParam }) =>
      call('AccessListAudit', { ...requestOf(search, Date.now()), before: pageParam, page_size: PAGE_SIZE }),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.before === 0 ? undefined : last.before),
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? REFRESH_MS : false),
    enabled,
  });
}
