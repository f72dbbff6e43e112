/** How many days ahead a notification or a job can be scheduled. */
export const MAX_DAYS_AHEAD = 30;
