/** Where the navigation leads. */
import {
  IconAntenna,
  IconBuilding,
  IconCoins,
  IconFileText,
  IconHistory,
  IconHome,
  IconInbox,
  IconListCheck,
  IconMessage,
  IconMessages,
  IconSend,
  IconSettings,
  IconUsers,
} from "@tabler/icons-react";

export const PLACES = [
  { to: "/", name: "overview", Icon: IconHome, ownersOnly: false },
  { to: "/spool", name: "spool", Icon: IconInbox, ownersOnly: false },
  { to: "/queues", name: "queues", Icon: IconListCheck, ownersOnly: false },
  { to: "/portals", name: "portals", Icon: IconBuilding, ownersOnly: false },
  { to: "/billing", name: "billing", Icon: IconCoins, ownersOnly: false },
  { to: "/outbox", name: "outbox", Icon: IconSend, ownersOnly: false },
  { to: "/dialogs", name: "dialogs", Icon: IconMessages, ownersOnly: false },
  { to: "/messages", name: "messages", Icon: IconMessage, ownersOnly: false },
  { to: "/inbound-events", name: "inbound_events", Icon: IconAntenna, ownersOnly: false },
  { to: "/logs", name: "logs", Icon: IconFileText, ownersOnly: false },
  { to: "/answers", name: "answers", Icon: IconSettings, ownersOnly: false },
  { to: "/audit", name: "audit", Icon: IconHistory, ownersOnly: false },
  { to: "/admins", name: "admins", Icon: IconUsers, ownersOnly: true },
] as const;
