/** Most connections that one service may be given for its calls: DATABASE_POOL_SIZE. */
export const maxPoolSize = 500;
