/** What can be looked at on the page of a VM, in the order of its tabs. */
export const tabs = [
  { to: '/vms/$id/overview', label: 'Overview' },
  { to: '/vms/$id/events', label: 'Events' },
  { to: '/vms/$id/logs', label: 'Logs' },
  { to: '/vms/$id/console', label: 'Console' },
  { to: '/vms/$id/configuration', label: 'Configuration' },
  { to: '/vms/$id/network', label: 'Network' },
  { to: '/vms/$id/guest', label: 'Guest' },
] as const;
