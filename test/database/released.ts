/** The timestamp of the last migration that is released: those up to it are never changed, those after it are judged (unsafe.ts). */
export const RELEASED_UNTIL = 1732500000000;
