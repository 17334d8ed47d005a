// Where the shell in which it is another day is told which day.

export const DOOR = '/past/clock';
