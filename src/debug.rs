//! `Debug` for what holds functions of the user's, which have none themselves.

/// Shows types that are made of the user's own by what those are.
macro_rules! debug_by_type {
    ($($name:ident<$($own:ident),+>)+) => {$(
        impl<$($own),+> std::fmt::Debug for $name<$($own),+> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name))$(.field(&std::any::type_name::<$own>()))+.finish()
            }
        }
    )+};
}

pub(crate) use debug_by_type;
