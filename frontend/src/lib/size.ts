/** Memory given in MB: `512 MB`, `2 GB`, `1.5 GB`. */
export function formatMemory(mb: number): string {
  if (mb < 1024) return `${mb} MB`;
  return `${trimmed(mb / 1024)} GB`;
}

/** Disk size given in GB: `20 GB`, `1.5 TB`. */
export function formatDisk(gb: number): string {
  if (gb < 1024) return `${gb} GB`;
  return `${trimmed(gb / 1024)} TB`;
}

const trimmed = (n: number): string => String(Math.round(n * 10) / 10);
