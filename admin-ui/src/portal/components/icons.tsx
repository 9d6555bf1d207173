/** The few line icons of the portal app, 24 by 24, drawn in the text's colour and silent to screen readers. */
import type { ReactNode } from "react";

function Icon({ children, size = 20 }: { children: ReactNode; size?: number | undefined }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

interface Sized {
  size?: number;
}

export const CheckIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);

export const AlertIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="M12 8.5v4.5M12 16.5v.01M10.3 4.6 2.9 17.4A2 2 0 0 0 4.6 20.4h14.8a2 2 0 0 0 1.7-3L13.7 4.6a2 2 0 0 0-3.4 0Z" />
  </Icon>
);

export const CrossIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="m7 7 10 10M17 7 7 17" />
  </Icon>
);

export const SearchIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4 4" />
  </Icon>
);

export const PeopleIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <circle cx="9" cy="8.5" r="3.5" />
    <path d="M2.5 19.5c.4-3.4 3-5.5 6.5-5.5s6.1 2.1 6.5 5.5M15.5 5.3a3.5 3.5 0 0 1 0 6.4M18 14.6c2 .8 3.2 2.5 3.5 4.9" />
  </Icon>
);

export const ChatIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="M12 4c5 0 9 3.2 9 7.3s-4 7.3-9 7.3c-1 0-2-.1-2.9-.4L4.5 20.5l1-3.9C4 15.3 3 13.4 3 11.3 3 7.2 7 4 12 4ZM8.5 11.3v.01M12 11.3v.01M15.5 11.3v.01" />
  </Icon>
);

export const ClockIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5V12l3 2" />
  </Icon>
);

export const RefreshIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15" />
  </Icon>
);

export const ChartIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="M4 20h16M6.5 16.5v-4M12 16.5v-9M17.5 16.5v-6" />
  </Icon>
);

export const TreeIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="M9 4h6v4.5H9ZM3.5 15.5h6V20h-6ZM14.5 15.5h6V20h-6ZM12 8.5V12M6.5 15.5V12h11v3.5" />
  </Icon>
);

export const SlidersIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="M4 7h8M16.5 7H20M4 17h3.5M12 17h8" />
    <circle cx="14.2" cy="7" r="2.2" />
    <circle cx="9.8" cy="17" r="2.2" />
  </Icon>
);

export const BookIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="M12 6.5C10.3 5 7.8 4.5 4 4.5v13c3.8 0 6.3.5 8 2 1.7-1.5 4.2-2 8-2v-13c-3.8 0-6.3.5-8 2ZM12 6.5v13" />
  </Icon>
);

export const UploadIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="M12 15.5V5M7.5 9 12 4.5 16.5 9M4.5 15.5v2a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2v-2" />
  </Icon>
);

export const TrashIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.3 11v4.5M13.7 11v4.5" />
  </Icon>
);

export const ChevronIcon = ({ size }: Sized) => (
  <Icon size={size}>
    <path d="m7 10 5 5 5-5" />
  </Icon>
);
