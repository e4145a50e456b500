//! `Debug` for types that hold the user's functions, which do not implement it.

/// Shows such a type by the names of its type parameters.
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
