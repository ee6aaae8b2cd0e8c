/** Maximum of DATABASE_POOL_SIZE. */
export const maxPoolSize = 500;
