import { useLocalStorage } from "@mantine/hooks";

const keyOf = (portalId: string) => `teachbase-install-${portalId}`;

/** Whom somebody was about to choose: ids alone, kept in this browser until they are saved (`[ids, keep, forget]`). */
export const useDraft = (portalId: string) =>
  useLocalStorage<number[]>({
    key: keyOf(portalId),
    defaultValue: [],
    getInitialValueInEffect: false,
  });
