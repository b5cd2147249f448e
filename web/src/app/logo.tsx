export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#1f3bd1" />
      <path
        d="M6 12.5h13.2a3.1 3.1 0 1 0-3-3.9M6 17h17.3a3.4 3.4 0 1 1-3.3 4.2M6 21.5h8.4a2.6 2.6 0 1 1-2.5 3.2"
        fill="none"
        stroke="#fff"
        strokeWidth="2.3"
        strokeLinecap="round"
      />
    </svg>
  );
}
