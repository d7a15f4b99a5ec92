import { useNow } from '@/hooks/useNow';
import { formatDuration, formatInstant } from '@/lib/duration';

/** How long ago something was, counting on; the exact moment on hover. `at` is milliseconds since 1970. */
export function TimeAgo({ at }: { at: number }) {
  const now = useNow();
  const ahead = at > now;
  const span = formatDuration(Math.abs(now - at));
  return (
    <time dateTime={new Date(at).toISOString()} title={formatInstant(at)}>
      {ahead ? `in ${span}` : `${span} ago`}
    </time>
  );
}
